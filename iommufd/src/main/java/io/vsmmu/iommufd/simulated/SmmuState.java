package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.kernel.Errno;

/** A physical SMMU at run time. */
final class SmmuState {
  private final SimulatedSmmu smmu;
  private int vmidsTaken;

  SmmuState(SimulatedSmmu smmu) {
    this.smmu = smmu;
  }

  SimulatedSmmu smmu() {
    return smmu;
  }

  int vmidsTaken() {
    return vmidsTaken;
  }

  void takeVmid() {
    Fail.when(vmidsTaken >= smmu.vmids(), Errno.ENOSPC, smmu.name() + " has no VMID left");
    vmidsTaken++;
  }

  void giveVmid() {
    vmidsTaken--;
  }
}
