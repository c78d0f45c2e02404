package io.vsmmu.agent.kubelet;

import io.vsmmu.agent.allocation.AllocationAnswer;
import io.vsmmu.agent.allocation.Allocator;
import io.vsmmu.standin.kubelet.PodRef;
import io.vsmmu.standin.kubelet.StandInKubelet;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Device plugins beside the stand-in kubelet. */
abstract class DevicePluginsFixture {

  static final String NIC = "vsmmu.io/nic";
  static final String GPU = "vsmmu.io/gpu";
  static final PodRef POD = new PodRef("vms", "vm-1", "0b5c7d1e-7c7a-4d0e-9d1c-3f5a6b7c8d9e");

  static final Allocator ANSWERS =
      (resource, ids) ->
          new AllocationAnswer(
              "a1",
              Map.of("PCI_RESOURCE_VSMMU_IO_NIC", String.join(",", ids)),
              List.of(
                  new AllocationAnswer.DeviceNode(
                      Path.of("/dev/iommu"), Path.of("/dev/iommu"), "mrw")),
              List.of(
                  new AllocationAnswer.Mount(
                      Path.of("/run/vsmmu/a1"), Path.of("/run/vsmmu"), true)));

  @TempDir Path folder;
  final FakeInventory inventory = new FakeInventory();
  StandInKubelet kubelet;

  @BeforeAll
  static void bePatient() {
    Awaitility.setDefaultTimeout(Duration.ofSeconds(30));
  }

  @BeforeEach
  void startKubelet() throws IOException {
    kubelet = StandInKubelet.start(devicePlugins(), podResources());
  }

  @AfterEach
  void stopKubelet() {
    kubelet.close();
  }

  DevicePlugins plugins(Allocator allocator) throws IOException {
    return plugins(allocator, KubeletTimings.DEFAULT);
  }

  DevicePlugins plugins(Allocator allocator, KubeletTimings timings) throws IOException {
    return DevicePlugins.start(devicePlugins(), inventory, allocator, timings, states -> {});
  }

  static boolean registered(DevicePlugins plugins) {
    var registration = plugins.registrations().get(NIC);
    return registration != null && registration.registered();
  }

  static @Nullable String reason(DevicePlugins plugins) {
    var registration = plugins.registrations().get(NIC);
    return registration == null ? null : registration.reason();
  }

  List<Path> ourSockets() throws IOException {
    try (DirectoryStream<Path> sockets =
        Files.newDirectoryStream(devicePlugins(), "vsmmu-*.sock")) {
      var list = new ArrayList<Path>();
      sockets.forEach(list::add);
      return list;
    }
  }

  Path devicePlugins() {
    return folder.resolve("dp");
  }

  Path podResources() {
    return folder.resolve("pr").resolve("kubelet.sock");
  }
}
