package io.vsmmu.operator.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentDaemonSetTest {

  @Test
  void goesToEveryNodeThatAVSmmuNamesAndIsTheLastToLeave() {
    PodSpec pod = podOf(AgentPod.DEFAULT);

    assertThat(pod.getTolerations())
        .singleElement()
        .extracting(Toleration::getOperator, Toleration::getKey, Toleration::getEffect)
        .containsExactly("Exists", null, null);
    assertThat(pod.getPriorityClassName()).isEqualTo("system-node-critical");
    assertThat(pod.getAffinity()).isNull();
  }

  @Test
  void isWhatTheAdministratorSays() {
    PodSpec pod =
        podOf(
            AgentPod.parse(
                """
                imagePullPolicy: Always
                imagePullSecrets: [{name: registry}]
                priorityClassName: high
                tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}]
                affinity:
                  nodeAffinity:
                    requiredDuringSchedulingIgnoredDuringExecution:
                      nodeSelectorTerms:
                      - matchExpressions: [{key: pool, operator: In, values: [vms]}]
                resources: {limits: {memory: 200Mi}}
                args: [--vfio-user=64055]
                env: [{name: JAVA_TOOL_OPTIONS, value: -Xlog:gc}]
                """));

    assertThat(pod.getContainers().getFirst().getImagePullPolicy()).isEqualTo("Always");
    assertThat(pod.getImagePullSecrets())
        .extracting(LocalObjectReference::getName)
        .containsExactly("registry");
    assertThat(pod.getPriorityClassName()).isEqualTo("high");
    assertThat(pod.getTolerations())
        .extracting(Toleration::getKey)
        .containsExactly("nvidia.com/gpu");
    assertThat(Serialization.asJson(pod.getAffinity())).contains("\"pool\"");
    assertThat(pod.getContainers().getFirst().getResources().getLimits())
        .isEqualTo(Map.of("memory", new Quantity("200Mi")));
    assertThat(pod.getContainers().getFirst().getResources().getRequests()).isEmpty();
    assertThat(pod.getContainers().getFirst().getArgs())
        .containsExactly("run", "--vfio-user=64055");
    assertThat(pod.getContainers().getFirst().getEnv())
        .extracting(EnvVar::getName)
        .containsExactly("NODE_NAME", "POD_NAMESPACE", "POD_NAME", "JAVA_TOOL_OPTIONS");
  }

  @Test
  void seesTheFoldersOfAKubeletThatIsElsewhere() {
    PodSpec pod =
        podOf(
            AgentPod.parse(
                "args: [--kubelet-dir=/k/device-plugins, --pod-resources=/k/pod-resources/kubelet.sock]"));

    assertThat(pod.getVolumes())
        .extracting(volume -> volume.getHostPath().getPath())
        .contains("/k/device-plugins", "/k/pod-resources")
        .noneMatch(path -> path.startsWith("/var/lib/kubelet"));
    assertThat(pod.getContainers().getFirst().getVolumeMounts())
        .extracting(VolumeMount::getMountPath)
        .contains("/k/device-plugins", "/k/pod-resources");
  }

  @Test
  void whatIsNotSaidStaysAsItIs() {
    assertThat(podOf(AgentPod.parse(""))).isEqualTo(podOf(AgentPod.DEFAULT));
    assertThat(podOf(AgentPod.parse("tolerations: []")).getTolerations()).isEmpty();
    assertThat(podOf(AgentPod.parse("tolerations: []")).getPriorityClassName())
        .isEqualTo("system-node-critical");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]                                        | 8080",
        "[--peers=pod, --http-port=9090]           | 9090",
        "[--http-port, '9090', --peers=pod]        | 9090",
        "[--http-address=10.0.0.1, --http-port=81] | 81"
      })
  void probesAskWhereTheAgentServes(String args, int port) {
    var agent = podOf(AgentPod.parse("args: " + args)).getContainers().getFirst();

    assertThat(agent.getPorts())
        .extracting(ContainerPort::getName, ContainerPort::getContainerPort)
        .containsExactly(tuple("http", port));
    assertThat(
            List.of(agent.getStartupProbe(), agent.getLivenessProbe(), agent.getReadinessProbe()))
        .extracting(probe -> probe.getHttpGet().getPort().getStrVal())
        .containsOnly("http");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--http-port=-1", "--http-address=127.0.0.1", "--http-address=::1"})
  void anAgentThatServesNobodyIsNotProbed(String option) {
    var agent = podOf(AgentPod.parse("args: ['%s']".formatted(option))).getContainers().getFirst();

    assertThat(agent.getPorts()).isEmpty();
    assertThat(agent.getStartupProbe()).isNull();
    assertThat(agent.getLivenessProbe()).isNull();
    assertThat(agent.getReadinessProbe()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "65536", "-2", "http", "''"})
  void aPortThatIsNoneIsRefused(String port) {
    assertThatThrownBy(() -> AgentPod.parse("args: [--http-port, %s]".formatted(port)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("VSMMU_AGENT_POD")
        .hasMessageContaining("--http-port is")
        .hasMessageContaining("from 1 to 65535");
  }

  @Test
  void aFieldThatIsMisspeltIsNamed() {
    assertThatThrownBy(() -> AgentPod.parse("toleration: []"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("VSMMU_AGENT_POD")
        .hasMessageContaining("\"toleration\"");
  }

  private static PodSpec podOf(AgentPod pod) {
    return AgentDaemonSet.desired("registry.example/agent:1", pod)
        .getSpec()
        .getTemplate()
        .getSpec();
  }
}
