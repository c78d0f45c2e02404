/**
 * The kernel's own news of its devices: uevents over netlink, as udev hears them
 * (Documentation/driver-api/kobject.rst).
 */
@NullMarked
package io.vsmmu.iommufd.uevent;

import org.jspecify.annotations.NullMarked;
