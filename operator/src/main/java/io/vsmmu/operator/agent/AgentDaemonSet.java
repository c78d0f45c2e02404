package io.vsmmu.operator.agent;

import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.vsmmu.api.v1alpha1.Names;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The agent's DaemonSet as it should be. */
final class AgentDaemonSet {

  private static final Map<String, String> SELECTOR =
      Map.of("app.kubernetes.io/name", Names.AGENT_DAEMON_SET);
  private static final Map<String, String> LABELS =
      Map.of(
          "app.kubernetes.io/name", Names.AGENT_DAEMON_SET,
          "app.kubernetes.io/part-of", "vsmmu",
          "app.kubernetes.io/managed-by", Names.OPERATOR);

  /** A normal stop finishes the hand-offs that are under way. */
  private static final long GRACE_SECONDS = 60;

  private static final String HTTP = "http";

  private static final String DEVICE_PLUGINS = "/var/lib/kubelet/device-plugins";
  private static final String POD_RESOURCES = "/var/lib/kubelet/pod-resources/kubelet.sock";

  private AgentDaemonSet() {}

  /**
   * One DaemonSet for all nodes that carry our label.
   *
   * @param image the agent's container image
   * @param pod what an administrator says of its pods
   */
  static DaemonSet desired(String image, AgentPod pod) {
    // A surge would run two agents on a node, which older kubelets do not bear.
    return new DaemonSetBuilder()
        .withNewMetadata()
        .withName(Names.AGENT_DAEMON_SET)
        .withNamespace(Names.NAMESPACE)
        .withLabels(LABELS)
        .endMetadata()
        .withNewSpec()
        .withNewSelector()
        .withMatchLabels(SELECTOR)
        .endSelector()
        .withNewUpdateStrategy()
        .withType("RollingUpdate")
        .withNewRollingUpdate()
        .withNewMaxUnavailable(1)
        .withNewMaxSurge(0)
        .endRollingUpdate()
        .endUpdateStrategy()
        .withNewTemplate()
        .withNewMetadata()
        .withLabels(LABELS)
        .endMetadata()
        .withNewSpec()
        .withServiceAccountName(Names.AGENT)
        .withPriorityClassName(pod.priorityClassName())
        .withTolerations(pod.tolerations())
        .withAffinity(pod.affinity())
        .withImagePullSecrets(pod.imagePullSecrets())
        .withNodeSelector(Map.of(Names.NODE_LABEL, "true"))
        // A peer's pid, by which the agent knows the pod that connects, must mean the same here.
        .withHostPID(true)
        // It speaks to the API server alone, by the address that the kubelet hands it.
        .withDnsPolicy("Default")
        .withTerminationGracePeriodSeconds(GRACE_SECONDS)
        .withContainers(container(image, pod).build())
        .withVolumes(folders(pod.args()).stream().map(HostFolder::volume).toList())
        .endSpec()
        .endTemplate()
        .endSpec()
        .build();
  }

  private static ContainerBuilder container(String image, AgentPod pod) {
    var container = withoutProbes(image, pod);
    HealthPort.of(pod.args()).ifPresent(port -> addProbes(container, port));
    return container;
  }

  private static void addProbes(ContainerBuilder container, int port) {
    container
        .addNewPort()
        .withName(HTTP)
        .withContainerPort(port)
        .endPort()
        // A JVM on a busy or emulated processor takes its time; until then nothing is asked. Five
        // minutes, as the operator has.
        .withStartupProbe(probe("/livez").withPeriodSeconds(2).withFailureThreshold(150).build())
        .withLivenessProbe(probe("/livez").withPeriodSeconds(20).withFailureThreshold(3).build())
        .withReadinessProbe(probe("/readyz").withPeriodSeconds(5).build());
  }

  private static ContainerBuilder withoutProbes(String image, AgentPod pod) {
    return new ContainerBuilder()
        .withName("agent")
        .withImage(image)
        .withImagePullPolicy(pod.imagePullPolicy())
        .withArgs("run")
        .addAllToArgs(pod.args())
        .withEnv(
            field("NODE_NAME", "spec.nodeName"),
            // Until the kubelet lists this pod, what it does not list means nothing.
            field("POD_NAMESPACE", "metadata.namespace"),
            field("POD_NAME", "metadata.name"))
        .addAllToEnv(pod.env())
        .withResources(pod.resources())
        // The device cgroup keeps /dev/iommu and VFIO devices from all but privileged containers.
        .withNewSecurityContext()
        .withPrivileged(true)
        .withReadOnlyRootFilesystem(true)
        .endSecurityContext()
        .withVolumeMounts(folders(pod.args()).stream().map(HostFolder::mount).toList());
  }

  /** Of the kubelet, where the arguments say that its folders are. */
  private static List<HostFolder> folders(List<String> args) {
    String plugins = HealthPort.option(args, "--kubelet-dir").orElse(DEVICE_PLUGINS);
    Path resources = Path.of(HealthPort.option(args, "--pod-resources").orElse(POD_RESOURCES));
    return List.of(
        new HostFolder("sys", "/sys", "Directory"),
        new HostFolder("dev", "/dev", "Directory"),
        new HostFolder("device-plugins", plugins, "Directory"),
        new HostFolder("pod-resources", String.valueOf(resources.getParent()), "Directory"),
        new HostFolder("state", "/var/lib/vsmmu", "DirectoryOrCreate"),
        new HostFolder("handoff", "/run/vsmmu", "DirectoryOrCreate"));
  }

  private static ProbeBuilder probe(String path) {
    return new ProbeBuilder()
        .withNewHttpGet()
        .withPath(path)
        .withPort(new IntOrString(HTTP))
        .endHttpGet()
        .withTimeoutSeconds(5);
  }

  private static EnvVar field(String variable, String path) {
    return new EnvVarBuilder()
        .withName(variable)
        .withNewValueFrom()
        .withNewFieldRef()
        .withApiVersion("v1")
        .withFieldPath(path)
        .endFieldRef()
        .endValueFrom()
        .build();
  }

  /**
   * A folder of the host, at the same place in the container.
   *
   * @param name the volume's
   * @param path on the host and in the container
   * @param type what the kubelet checks or makes
   */
  private record HostFolder(String name, String path, String type) {

    Volume volume() {
      return new VolumeBuilder()
          .withName(name)
          .withNewHostPath()
          .withPath(path)
          .withType(type)
          .endHostPath()
          .build();
    }

    VolumeMount mount() {
      return new VolumeMountBuilder().withName(name).withMountPath(path).build();
    }
  }
}
