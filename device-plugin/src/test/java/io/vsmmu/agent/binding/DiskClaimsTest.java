package io.vsmmu.agent.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What open(2) says of a node; lab/refusals asks the kernel of a disk that is mounted. */
class DiskClaimsTest {

  @TempDir private Path dev;

  @Test
  void aNodeThatOpensIsNotClaimed() throws IOException {
    Files.createFile(dev.resolve("nvme0n1"));

    assertThat(DiskClaims.byOpening(dev).isClaimed("nvme0n1")).isFalse();
  }

  @Test
  void nobodyHasADiskWithoutANode() throws IOException {
    assertThat(DiskClaims.byOpening(dev).isClaimed("nvme0n1")).isFalse();
  }

  @Test
  void anExclamationMarkInANameIsASlashInDev() throws IOException {
    Files.createDirectory(dev.resolve("cciss"));
    Files.createSymbolicLink(dev.resolve("cciss/c0d0"), Path.of("c0d0"));

    assertThatThrownBy(() -> DiskClaims.byOpening(dev).isClaimed("cciss!c0d0"))
        .hasMessageContaining(dev.resolve("cciss/c0d0").toString());
  }

  @Test
  void aNodeThatCannotBeOpenedIsAnError() throws IOException {
    Files.createSymbolicLink(dev.resolve("nvme0n1"), Path.of("nvme0n1"));

    assertThatThrownBy(() -> DiskClaims.byOpening(dev).isClaimed("nvme0n1"))
        .isInstanceOf(IOException.class)
        .hasMessage("%s cannot be opened (ELOOP)", dev.resolve("nvme0n1"));
  }
}
