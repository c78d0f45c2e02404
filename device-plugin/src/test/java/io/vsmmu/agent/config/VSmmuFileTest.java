package io.vsmmu.agent.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.api.v1alpha1.DeviceSelector;
import io.vsmmu.api.v1alpha1.Management;
import io.vsmmu.api.v1alpha1.Nesting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VSmmuFileTest {

  private static final String HEAD =
      """
      apiVersion: vsmmu.io/v1alpha1
      kind: VSmmu
      metadata:
        name: node-1
      spec:
        nodeName: node-1
      """;

  @Test
  void isWhatOneWouldApply() throws IOException {
    var file =
        parse(
            HEAD
                + """
                  dryRun: true
                  kubevirt:
                    iommufdSocket: Always
                  resources:
                  - name: vsmmu.io/nic
                    nesting: Preferred
                    selectors:
                    - vendor: "8086"
                      class: "0200"
                    - pfAddress: 0000:01:00.0
                status:
                  conditions: []
                """);

    assertThat(file.spec().nodeName()).isEqualTo("node-1");
    var resource = file.spec().resources().getFirst();
    assertThat(resource.name()).isEqualTo("vsmmu.io/nic");
    assertThat(resource.binding()).isEqualTo(Management.Managed);
    assertThat(resource.nesting()).isEqualTo(Nesting.Preferred);
    assertThat(resource.selectors())
        .containsExactly(
            new DeviceSelector("8086", null, "0200", null, null, null),
            new DeviceSelector(null, null, null, null, "0000:01:00.0", null));
    var wish = file.wish(7);
    assertThat(wish.dryRun()).isTrue();
    assertThat(wish.kubevirtSocket()).isTrue();
    assertThat(wish.generation()).isEqualTo(7);
  }

  @Test
  void withoutAnOperatorAutoMeansNoSocket() throws IOException {
    assertThat(parse(HEAD).wish(1).kubevirtSocket()).isFalse();
  }

  @Test
  void theSampleIsOne() throws IOException {
    var sample = Path.of("../deploy/samples/vsmmu-lab.yaml");

    assertThat(VSmmuFile.read(sample).spec().resources()).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "selector: [{vendor: '8086'}] | spec.resources[0].selector is no field of it; known are: allowNoReset",
        "selectors: [] | spec.resources[0].selectors has 0 entries, must have 1 to 64",
        "selectors: [{}] | spec.resources[0].selectors[0] is empty and would match every device",
        "selectors: [{device: '10d3'}] | spec.resources[0].selectors[0].device is set without vendor",
        "selectors: [{vendor: 'intel'}] | spec.resources[0].selectors[0].vendor is 'intel', which",
        "selectors: [{class: 'net'}] | spec.resources[0].selectors[0].class is 'net', which",
        "selectors: [{pciAddress: '9:0'}] | spec.resources[0].selectors[0].pciAddress is '9:0', which",
        "selectors: [{vendor: 8086}] | spec.resources[0].selectors[0].vendor: Cannot coerce",
        "binding: Sometimes | spec.resources[0].binding: Cannot deserialize",
        "handoff: 1 | spec.resources[0].handoff: Cannot",
        "handoff: '1' | spec.resources[0].handoff: Cannot",
        "allowNoReset: 1 | spec.resources[0].allowNoReset: Cannot coerce",
        "allowNoReset: '' | spec.resources[0].allowNoReset: Cannot coerce",
        "driver: 'vfio pci' | spec.resources[0].driver is 'vfio pci', which",
      })
  void aFaultIsNamedWithItsField(String line, String message) {
    var selectors = line.startsWith("selector") ? "" : "\n    selectors: [{vendor: '8086'}]";

    assertThatThrownBy(() ->
            parse(HEAD + "  resources:\n  - name: vsmmu.io/nic\n    " + line + selectors + "\n"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("node.yaml:")
        .hasMessageContaining(message);
  }

  @Test
  void itsNameIsTheNodes() {
    assertThatThrownBy(() -> parse(HEAD.replace("nodeName: node-1", "nodeName: node-2")))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("node.yaml: metadata.name is 'node-1', must be")
        .hasMessageContaining("'node-2', as spec.nodeName says");
  }

  @Test
  void aFolderIsNamed(@TempDir Path folder) {
    assertThatThrownBy(() -> VSmmuFile.read(folder))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage(folder + ": it is a folder; name the file in it");
  }

  @ParameterizedTest
  @CsvSource({"nic", "VSMMU.io/nic", "vsmmu.io/", "kubernetes.io/nic", "requests.io/nic", "a/b/c"})
  void aResourceNeedsAnExtendedResourcesName(String name) {
    assertThatThrownBy(() ->
            parse(
                HEAD + "  resources:\n  - name: " + name + "\n    selectors: [{vendor: '8086'}]\n"))
        .hasMessageContaining("spec.resources[0].name is '" + name + "'");
  }

  @Test
  void allFaultsAreNamedAtOnce() {
    assertThatThrownBy(() ->
            parse(
                HEAD
                    + """
                      kubevirt:
                        iommufdSocket: Always
                      resources:
                      - name: vsmmu.io/nic
                        selectors: [{device: "10d3"}]
                      - name: vsmmu.io/nic
                        handoff: Bound
                        selectors: [{vendor: "8086"}]
                    """))
        .hasMessageContaining("spec.resources[0].selectors[0].device is set without vendor")
        .hasMessageContaining("spec.resources[1].name is vsmmu.io/nic, as another's")
        .hasMessageContaining("spec.resources[1].handoff cannot be Bound");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | it is empty",
        "apiVersion: v1;kind: Pod | it is a Pod of v1; apiVersion: vsmmu.io/v1alpha1, kind: VSmmu",
        "apiVersion: vsmmu.io/v1alpha1;kind: VSmmu | spec is missing",
        "apiVersion: vsmmu.io/v1alpha1;kind: VSmmu;spec: {} | spec.nodeName is missing",
        "kind: VSmmu;kind: VSmmu | line 2: found duplicate key kind",
        "kind: [ | line ",
        "kind: VSmmu;extra: 1 | extra is no field of it",
      })
  void anotherFileIsRefused(String lines, String message) {
    assertThatThrownBy(() -> parse(lines.replace(';', '\n')))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("node.yaml: " + message);
  }

  private static VSmmuFile parse(String text) throws InvalidConfigException {
    return VSmmuFile.parse("node.yaml", text.getBytes(StandardCharsets.UTF_8));
  }
}
