package io.vsmmu.lab.proof;

import io.vsmmu.iommufd.BoundDevice;
import io.vsmmu.iommufd.IommuContext;
import io.vsmmu.iommufd.kernel.Descriptor;
import io.vsmmu.iommufd.smmu.SmmuCapabilities;
import io.vsmmu.iommufd.uapi.IommuHwInfo;
import io.vsmmu.iommufd.uapi.IommuHwInfoArmSmmuv3;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Identification registers of an SMMU as the kernel tells them: small enough to tell another
 * process what the SMMU can do.
 *
 * @param values IDR0 to IDR5, IIDR, AIDR
 */
record Registers(List<Integer> values) {
  private static final int IDRS = 6;
  private static final int COUNT = IDRS + 2;

  Registers {
    values = List.copyOf(values);
    if (values.size() != COUNT) {
      throw new IllegalArgumentException(COUNT + " registers expected, not " + values.size());
    }
  }

  static Registers of(IommuContext context, BoundDevice device) {
    var answer = new IommuHwInfoArmSmmuv3();
    var request = new IommuHwInfo();
    request.dev_id = device.id();
    request.data(answer);
    // Not closed here: the file stays the context's.
    request.call(new Descriptor(context.kernel(), context.fd(), context.toString()));
    return new Registers(
        IntStream.concat(Arrays.stream(answer.idr), IntStream.of(answer.iidr, answer.aidr))
            .boxed()
            .toList());
  }

  SmmuCapabilities capabilities() {
    int[] idr = values.subList(0, IDRS).stream().mapToInt(Integer::intValue).toArray();
    return SmmuCapabilities.decode(idr, values.get(IDRS), values.get(IDRS + 1));
  }

  /** The form that {@link #parse} reads. */
  @Override
  public String toString() {
    return values.stream().map(Integer::toHexString).collect(Collectors.joining(","));
  }

  static Registers parse(String text) {
    return new Registers(
        Arrays.stream(text.split(",", -1))
            .map(each -> Integer.parseUnsignedInt(each, 16))
            .toList());
  }
}
