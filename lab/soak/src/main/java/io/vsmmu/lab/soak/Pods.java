package io.vsmmu.lab.soak;

import io.vsmmu.agent.allocation.HandoffPoints;
import io.vsmmu.agent.receive.HandoffClient;
import io.vsmmu.agent.receive.ReceivedContext;
import io.vsmmu.agent.receive.VerificationException;
import io.vsmmu.agent.receive.Verifier;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.VfioDevice;
import io.vsmmu.iommufd.fdpass.Deadline;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import io.vsmmu.iommufd.kernel.Kernel;
import io.vsmmu.standin.kubelet.AdmissionException;
import io.vsmmu.standin.kubelet.ContainerGrant;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The lives that pods have: how they collect their devices, and how they do not. */
final class Pods {
  static final String NIC = "vsmmu.io/nic";
  static final String EDU = "vsmmu.io/edu";

  /** More than the agent waits for a client. */
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final long PAUSE_MILLIS = 50;

  private final StandInKubelet kubelet;
  private final Kernel kernel;
  private final Map<String, Integer> all;

  /**
   * @param all how many devices of each resource there are
   */
  Pods(StandInKubelet kubelet, Kernel kernel, Map<String, Integer> all) {
    this.kubelet = kubelet;
    this.kernel = kernel;
    this.all = Map.copyOf(all);
  }

  /** One pod's life, from its admission to its end. Kubelet tells nobody that it is over. */
  void live(int number) throws Exception {
    var pod = new PodRef("default", "vm-" + number, "uid-" + number);
    try {
      switch (number % 6) {
        case 0 -> use(kubelet.admit(pod, "vm", all));
        case 1 -> use(kubelet.admit(pod, "vm", Map.of(EDU, 1)));
        case 2 -> neverCollects(pod);
        case 3 -> likeKubeVirt(kubelet.admit(pod, "vm", Map.of(NIC, 1)));
        case 4 -> failsAtFirst(kubelet.admit(pod, "vm", Map.of(NIC, 1, EDU, 1)));
        default -> followsAnother(pod);
      }
    } finally {
      kubelet.remove(pod);
    }
  }

  private void neverCollects(PodRef pod) throws AdmissionException {
    kubelet.admit(pod, "vm", Map.of(NIC, 2));
  }

  /** As virt-launcher: one descriptor, and the device nodes that kubelet made. */
  private void likeKubeVirt(ContainerGrant grant) {
    var deadline = Deadline.after(LIMIT);
    int fd;
    try (var launcher =
            UnixSocket.connect(
                mounted(grant, "/var/run/kubevirt/iommufd.sock"), SocketType.STREAM, deadline);
        var message = launcher.receive(1, 1, deadline)) {
      fd = message.fds().getFirst().take();
      launcher.send(new byte[1], deadline);
    }
    var cdev =
        grant.devices().entrySet().stream()
            .filter(device -> device.getKey().startsWith("/dev/vfio/devices/"))
            .map(device -> Path.of(device.getValue().getHostPath()))
            .findFirst()
            .orElseThrow();
    try (var context = IommuContext.adopt(kernel, fd);
        var device = VfioDevice.open(kernel, cdev, cdev.toString())) {
      var _ = device.bind(context);
    }
  }

  /** Its container is started three times: it breaks the exchange off, and then works twice. */
  private void failsAtFirst(ContainerGrant grant) throws Exception {
    UnixSocket.connect(socket(grant), SocketType.STREAM, Deadline.after(LIMIT)).close();
    use(grant);
    use(grant);
  }

  /** Kubelet gives devices on before anybody has noticed that they are free. */
  private void followsAnother(PodRef pod) throws Exception {
    var earlier = new PodRef("default", pod.name() + "-earlier", pod.uid() + "-earlier");
    use(kubelet.admit(earlier, "vm", Map.of(EDU, 2)));
    kubelet.remove(earlier);
    use(kubelet.admit(pod, "vm", Map.of(EDU, 2)));
  }

  /** A VMM collects, proves its manifest against the kernel, and ends. */
  private void use(ContainerGrant grant)
      throws IOException, InterruptedException, VerificationException {
    try (var verifier = new Verifier(kernel, collect(socket(grant)), step -> {})) {
      verifier.verify();
    }
  }

  /** One client at a time is served; the one before may have been left a moment ago. */
  private static ReceivedContext collect(Path socket) throws IOException, InterruptedException {
    var deadline = Deadline.after(LIMIT);
    while (true) {
      try {
        return HandoffClient.receive(socket, LIMIT);
      } catch (IOException e) {
        if (deadline.hasPassed()) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    }
  }

  private static Path socket(ContainerGrant grant) {
    return mounted(grant, "/run/vsmmu").resolve(HandoffPoints.SOCKET);
  }

  private static Path mounted(ContainerGrant grant, String path) {
    var mount = grant.mounts().get(path);
    if (mount == null) {
      throw new IllegalStateException("nothing is mounted at " + path);
    }
    return Path.of(mount.getHostPath());
  }
}
