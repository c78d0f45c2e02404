package io.vsmmu.lab.cases;

import static org.assertj.core.api.Assertions.assertThat;

import io.vsmmu.iommufd.IommuContext;

/** Whether a context has no objects: only then does the kernel let its mode be changed. */
final class Emptiness {
  private Emptiness() {}

  static void require(IommuContext context) {
    context.chargeProcess();
    assertThat(context.chargesProcess()).isTrue();
  }
}
