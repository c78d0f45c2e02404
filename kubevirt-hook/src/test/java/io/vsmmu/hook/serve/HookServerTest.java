package io.vsmmu.hook.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.vsmmu.hook.plan.HostFunctions;
import io.vsmmu.hook.serve.api.info.HookPoint;
import io.vsmmu.hook.serve.api.v1alpha3.PreCloudInitIsoParams;
import io.vsmmu.iommufd.topology.NodeTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HookServerTest {

  private static final HostFunctions EMPTY_NODE =
      HostFunctions.of(NodeTopology.of(List.of(), List.of(), List.of()));

  private static final String VMI =
      "{\"metadata\": {\"namespace\": \"default\", \"name\": \"vm\"}}";
  private static final String UNKNOWN_DEVICE =
      "<domain><devices><hostdev type='pci'><source><address domain='0x0000' bus='0x01' slot='0x00'"
          + " function='0x0'/></source></hostdev></devices></domain>";

  @TempDir private Path folder;
  private HookServer server;
  private HookClient client;

  @BeforeEach
  void start() throws IOException {
    server = HookServer.start(folder, EMPTY_NODE);
    client = new HookClient(server.socket());
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void virtLauncherSeesOneSocketOnly() throws IOException {
    try (var entries = Files.list(folder)) {
      assertThat(entries.filter(entry -> !Files.isDirectory(entry)))
          .containsExactly(server.socket());
    }
  }

  @Test
  void infoNamesTheVersionAndWhatIsToBeCalled() {
    var info = client.info();
    assertThat(info.getName()).isEqualTo("vsmmu");
    assertThat(info.getVersionsList()).containsExactly("v1alpha3");
    assertThat(info.getHookPointsList())
        .extracting(HookPoint::getName)
        .containsExactly("OnDefineDomain", "Shutdown");
  }

  @Test
  void aDomainThatIsNotOursComesBackAsItWas() {
    var xml = "<?xml version='1.0'?>\r\n<domain>ä\n<devices  ></devices></domain>\n";
    assertThat(client.define(xml, VMI)).isEqualTo(xml);
  }

  @Test
  void cloudInitDataComesBackAsItWas() {
    var data = ByteString.copyFromUtf8("{\"a\": 1}");
    var result =
        client.preCloudInitIso(
            PreCloudInitIsoParams.newBuilder()
                .setCloudInitData(data)
                .setCloudInitNoCloudSource(ByteString.EMPTY)
                .build());
    assertThat(result.getCloudInitData()).isEqualTo(data);
    assertThat(result.getCloudInitNoCloudSource()).isEqualTo(ByteString.EMPTY);
  }

  @Test
  void aDeviceThatCannotBePlacedIsNamedInTheAnswer() {
    assertThatThrownBy(() -> client.define(UNKNOWN_DEVICE, VMI))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
              assertThat(e.getStatus().getDescription())
                  .startsWith("VSmmu: hostdev 0000:01:00.0: ");
            });
  }

  @Test
  void anAnnotationThatMeansNothingIsNamedInTheAnswer() {
    assertInvalid(
        "<domain/>",
        "{\"metadata\": {\"annotations\": {\"vsmmu.io/oas\": \"7\"}}}",
        "VSmmu: the annotation vsmmu.io/oas is '7'; ");
  }

  @Test
  void anXmlThatIsNoneIsAnsweredWithItsFault() {
    assertInvalid("<domain>", VMI, "VSmmu: domain XML: line 1, column 1: <domain> is not closed");
    assertInvalid("<network/>", VMI, "VSmmu: domain XML: the XML is no domain but a <network>");
  }

  @Test
  void bytesThatAreNoTextAreAnsweredWithThat() {
    assertThatThrownBy(() -> client.define(ByteString.copyFrom(new byte[] {'<', (byte) 0xff}), VMI))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("the domainXML of 2 bytes is no UTF-8");
  }

  @Test
  void shutdownIsAnsweredAndEndsTheWait() throws InterruptedException {
    client.shutdown();
    server.awaitShutdown();
  }

  @Test
  void aNewRunTakesThePlaceOfOneThatWasKilled(@TempDir Path other) throws IOException {
    Files.createDirectories(other.resolve(".starting"));
    Files.createFile(other.resolve(".starting/vsmmu.sock"));
    Files.createFile(other.resolve("vsmmu.sock"));
    try (var second = HookServer.start(other, EMPTY_NODE);
        var itsClient = new HookClient(second.socket())) {
      assertThat(itsClient.info().getName()).isEqualTo("vsmmu");
    }
    assertThat(other.resolve("vsmmu.sock")).doesNotExist();
  }

  @Test
  void withoutKubeVirtsFolderItSaysWhereItBelongs() {
    assertThatThrownBy(() -> HookServer.start(folder.resolve("missing"), EMPTY_NODE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("missing is no folder")
        .hasMessageContaining("docs/kubevirt.md");
  }

  private void assertInvalid(String xml, String vmi, String description) {
    assertThatThrownBy(() -> client.define(xml, vmi))
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
              assertThat(e.getStatus().getDescription()).startsWith(description);
            });
  }
}
