package io.vsmmu.iommufd.kernel;

/**
 * A request of {@code ioctl(2)}.
 *
 * @param name the name in the kernel's header
 * @param number the request number; iommufd and VFIO encode no size and no direction in it
 * @param restartable whether the request may be made again with the same argument after EINTR; not
 *     so where the argument tells how far an interrupted request came
 */
public record Ioctl(String name, int number, boolean restartable) {

  /** The type letter that iommufd and VFIO share. */
  private static final char TYPE = ';';

  /**
   * Number of a request in {@code linux/iommufd.h} or {@code linux/vfio.h}: {@code _IO(';', nr)}.
   */
  public static Ioctl of(String name, int nr) {
    return new Ioctl(name, TYPE << 8 | nr, true);
  }

  /** As {@link #of}, for a request that may be half done when it is interrupted. */
  public static Ioctl notRestartable(String name, int nr) {
    return new Ioctl(name, TYPE << 8 | nr, false);
  }

  @Override
  public String toString() {
    return name;
  }
}
