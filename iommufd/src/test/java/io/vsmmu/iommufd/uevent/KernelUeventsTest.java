package io.vsmmu.iommufd.uevent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class KernelUeventsTest {

  @Test
  void aWatchOfTheRunningKernelEndsWhenClosed() throws IOException {
    var watch = new KernelUevents().watch(() -> {});

    watch.close();

    assertThatCode(watch::close).doesNotThrowAnyException();
  }

  @Test
  void aSocketThatWasWokenStaysAwake() {
    try (var socket = UeventSocket.open()) {
      socket.wake();

      assertThat(socket.receive()).isEmpty();
      assertThat(socket.receive()).isEmpty();
    }
  }
}
