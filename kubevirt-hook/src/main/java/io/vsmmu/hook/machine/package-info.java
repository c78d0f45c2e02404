/** What the user wrote on the VirtualMachineInstance. */
@NullMarked
package io.vsmmu.hook.machine;

import org.jspecify.annotations.NullMarked;
