package io.vsmmu.hook.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vsmmu.hook.plan.Overrides;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MachineTest {

  @Test
  void nameAndAnnotationsAreReadWhereverTheyStand() throws InvalidMachineException {
    var machine =
        Machine.parse(
            """
            {"kind": "VirtualMachineInstance", "spec": {"metadata": {"name": "no"}, "a": [1, {}]},
             "metadata": {"name": "vm", "generation": 3, "annotations": {"vsmmu.io/ats": "on", "n": 1},
                          "namespace": "default", "ownerReferences": [{"name": "no"}]},
             "status": null}
            """);
    assertThat(machine.toString()).isEqualTo("default/vm");
    assertThat(machine.annotations()).isEqualTo(Map.of("vsmmu.io/ats", "on"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"metadata\": {}}", "{\"metadata\": {\"annotations\": null}}"})
  void aMachineWithoutAnnotationsHasNoOverrides(String json) throws InvalidMachineException {
    assertThat(Annotations.overrides(Machine.parse(json))).isEqualTo(Overrides.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "{\"metadata\": {", "nonsense"})
  void whatIsNoMachineIsRefused(String json) {
    assertThatThrownBy(() -> Machine.parse(json))
        .isInstanceOf(InvalidMachineException.class)
        .hasMessageContaining("VirtualMachineInstance");
  }

  @Test
  void everyOverrideIsTaken() throws InvalidMachineException {
    assertThat(
            overrides(
                Map.of(
                    "vsmmu.io/ats", "on",
                    "vsmmu.io/ril", "off",
                    "vsmmu.io/oas", "48",
                    "vsmmu.io/ssidsize", "20",
                    "vsmmu.io/cmdqv", "on",
                    "example.com/ats", "nonsense")))
        .isEqualTo(new Overrides(true, false, 48, 20, true));
  }

  @Test
  void autoIsWhatTheHardwareHas() throws InvalidMachineException {
    assertThat(overrides(Map.of("vsmmu.io/ats", "auto", "vsmmu.io/oas", "auto")))
        .isEqualTo(Overrides.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ats | yes | on, off or auto",
        "ril | ON | on, off or auto",
        "cmdqv | '' | on, off or auto",
        "oas | 43 | 32, 36, 40, 42, 44, 48, 52, 56 or auto",
        "oas | 48 bits | 32, 36, 40, 42, 44, 48, 52, 56 or auto",
        "ssidsize | 21 | a number from 0 to 20, or auto",
        "ssidsize | -1 | a number from 0 to 20, or auto",
      })
  void aValueThatMeansNothingIsRefusedWithTheChoice(String name, String value, String choice) {
    assertThatThrownBy(() -> overrides(Map.of("vsmmu.io/" + name, value)))
        .isInstanceOf(InvalidMachineException.class)
        .hasMessage("the annotation vsmmu.io/%s is '%s'; it can be %s", name, value, choice);
  }

  @Test
  void aNameThatNobodyKnowsIsRefusedWithTheChoice() {
    assertThatThrownBy(
            () -> overrides(Map.of("vsmmu.io/ssidSize", "20", "vsmmu.io/guest-topology", "VSmmu")))
        .isInstanceOf(InvalidMachineException.class)
        .hasMessage(
            "there is no annotation vsmmu.io/ssidSize; after vsmmu.io/ there can be ats, cmdqv,"
                + " guest-topology, oas, ril, ssidsize");
  }

  private static Overrides overrides(Map<String, String> annotations)
      throws InvalidMachineException {
    return Annotations.overrides(new Machine("default", "vm", annotations));
  }
}
