package io.vsmmu.agent.handoff;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.fdpass.PeerProcess;
import io.vsmmu.iommufd.fdpass.SocketType;
import io.vsmmu.iommufd.fdpass.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pod's memory limit, as the cgroup of a process that connected tells it. */
class PodMemoryTest {
  private static final long GIB = 1L << 30;
  private static final String POD =
      "kubepods.slice/kubepods-pod0b5c7d1e_7c7a_4d0e_9d1c_3f5a6b7c8d9e.slice";

  @TempDir Path folder;
  private final UnixSocket.Pair pair = UnixSocket.pair(SocketType.STREAM);
  private PeerProcess client;

  @BeforeEach
  void connect() {
    client = pair.first().peer();
  }

  @AfterEach
  void disconnect() {
    client.close();
    pair.close();
  }

  @Test
  void aGibibyteMoreThanThePodMayUse() throws IOException {
    cgroup("0::/" + POD + "/cri-containerd-1.scope");
    limit(POD + "/memory.max", "4294967296");
    assertThat(limit()).isEqualTo(MemlockLimit.of(5 * GIB));
  }

  @Test
  void thePodsLimitAndNoNearerOne() throws IOException {
    cgroup("0::/" + POD + "/cri-containerd-1.scope/guest");
    limit(POD + "/memory.max", "4294967296");
    limit(POD + "/cri-containerd-1.scope/memory.max", "1");
    assertThat(limit()).isEqualTo(MemlockLimit.of(5 * GIB));
  }

  @Test
  void noLimitForAPodWithoutOne() throws IOException {
    cgroup("0::/" + POD + "/cri-containerd-1.scope");
    limit(POD + "/memory.max", "max");
    assertThat(limit()).isEqualTo(MemlockLimit.UNLIMITED);
  }

  @Test
  void theMemoryHierarchyOfTheFirstVersion() throws IOException {
    cgroup("3:cpu:/other\n7:memory:/" + POD + "/1\n0::/");
    limit("memory/" + POD + "/memory.limit_in_bytes", "1073741824");
    assertThat(limit()).isEqualTo(MemlockLimit.of(2 * GIB));
    limit("memory/" + POD + "/memory.limit_in_bytes", "9223372036854771712");
    assertThat(limit()).isEqualTo(MemlockLimit.UNLIMITED);
  }

  @Test
  void noLimitForAProcessOutsideOfPods() throws IOException {
    cgroup("0::/user.slice");
    assertThat(limit()).isEqualTo(MemlockLimit.UNLIMITED);
  }

  private MemlockLimit limit() {
    return MemlockPolicy.podMemory(folder.resolve("proc"), folder.resolve("cgroup"))
        .limitOf(client);
  }

  private void cgroup(String lines) throws IOException {
    write(folder.resolve("proc/" + client.pid() + "/cgroup"), lines);
  }

  private void limit(String file, String text) throws IOException {
    write(folder.resolve("cgroup").resolve(file), text);
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.resolve("..").normalize());
    Files.writeString(file, text + "\n");
  }
}
