/**
 * What a libvirt domain says about its PCI topology, as records: controllers, host devices, IOMMUs,
 * occupied addresses, NUMA cells. Names are those of libvirt's domain XML
 * (https://libvirt.org/formatdomain.html).
 */
@NullMarked
package io.vsmmu.hook.domain;

import org.jspecify.annotations.NullMarked;
