package io.vsmmu.iommufd.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSysfsTest {

  @TempDir Path root;

  @Test
  void writesTheValue() throws IOException {
    Files.createFile(root.resolve("drivers_probe"));

    Sysfs.at(root).write("drivers_probe", "0000:09:00.0");

    assertThat(root.resolve("drivers_probe")).hasContent("0000:09:00.0");
  }

  @Test
  void neverMakesAnAttribute() {
    assertThatThrownBy(() -> Sysfs.at(root).write("drivers_probe", "0000:09:00.0"))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "cannot write '0000:09:00.0' to %s: no such attribute"
                .formatted(root.resolve("drivers_probe")));
    assertThat(root.resolve("drivers_probe")).doesNotExist();
  }
}
