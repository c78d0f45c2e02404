package io.vsmmu.operator.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.Map;
import org.junit.jupiter.api.Test;

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
  void whatIsNotSaidStaysAsItIs() {
    assertThat(podOf(AgentPod.parse(""))).isEqualTo(podOf(AgentPod.DEFAULT));
    assertThat(podOf(AgentPod.parse("tolerations: []")).getTolerations()).isEmpty();
    assertThat(podOf(AgentPod.parse("tolerations: []")).getPriorityClassName())
        .isEqualTo("system-node-critical");
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
