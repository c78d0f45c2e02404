// SPDX-License-Identifier: Apache-2.0
/*
 * Prints the layout of the uAPI that the library speaks, as the kernel's installed headers define it:
 *
 *   ioctl NAME NUMBER
 *   struct NAME SIZE
 *   field STRUCT NAME OFFSET SIZE
 *   constant NAME VALUE
 *   errno NAME NUMBER
 *
 * src/test/c/layout compiles and runs it; the output is compared with the Java classes.
 */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <sys/ioctl.h>

#include <linux/iommufd.h>
#include <linux/version.h>
#include <linux/vfio.h>

#define IOCTL(name) printf("ioctl %s 0x%lx\n", #name, (unsigned long)(name))
#define STRUCT(name) printf("struct %s %zu\n", #name, sizeof(struct name))
#define FIELD(type, name)                                                      \
	printf("field %s %s %zu %zu\n", #type, #name,                          \
	       offsetof(struct type, name),                                    \
	       sizeof(((struct type *)0)->name))
#define CONSTANT(name) printf("constant %s %ld\n", #name, (long)(name))

static void iommufd(void)
{
	IOCTL(IOMMU_DESTROY);
	STRUCT(iommu_destroy);
	FIELD(iommu_destroy, size);
	FIELD(iommu_destroy, id);

	IOCTL(IOMMU_IOAS_ALLOC);
	STRUCT(iommu_ioas_alloc);
	FIELD(iommu_ioas_alloc, size);
	FIELD(iommu_ioas_alloc, flags);
	FIELD(iommu_ioas_alloc, out_ioas_id);

	STRUCT(iommu_iova_range);
	FIELD(iommu_iova_range, start);
	FIELD(iommu_iova_range, last);

	IOCTL(IOMMU_IOAS_IOVA_RANGES);
	STRUCT(iommu_ioas_iova_ranges);
	FIELD(iommu_ioas_iova_ranges, size);
	FIELD(iommu_ioas_iova_ranges, ioas_id);
	FIELD(iommu_ioas_iova_ranges, num_iovas);
	FIELD(iommu_ioas_iova_ranges, __reserved);
	FIELD(iommu_ioas_iova_ranges, allowed_iovas);
	FIELD(iommu_ioas_iova_ranges, out_iova_alignment);

	IOCTL(IOMMU_IOAS_MAP);
	STRUCT(iommu_ioas_map);
	FIELD(iommu_ioas_map, size);
	FIELD(iommu_ioas_map, flags);
	FIELD(iommu_ioas_map, ioas_id);
	FIELD(iommu_ioas_map, __reserved);
	FIELD(iommu_ioas_map, user_va);
	FIELD(iommu_ioas_map, length);
	FIELD(iommu_ioas_map, iova);
	CONSTANT(IOMMU_IOAS_MAP_FIXED_IOVA);
	CONSTANT(IOMMU_IOAS_MAP_WRITEABLE);
	CONSTANT(IOMMU_IOAS_MAP_READABLE);

	IOCTL(IOMMU_IOAS_MAP_FILE);
	STRUCT(iommu_ioas_map_file);
	FIELD(iommu_ioas_map_file, size);
	FIELD(iommu_ioas_map_file, flags);
	FIELD(iommu_ioas_map_file, ioas_id);
	FIELD(iommu_ioas_map_file, fd);
	FIELD(iommu_ioas_map_file, start);
	FIELD(iommu_ioas_map_file, length);
	FIELD(iommu_ioas_map_file, iova);

	IOCTL(IOMMU_IOAS_UNMAP);
	STRUCT(iommu_ioas_unmap);
	FIELD(iommu_ioas_unmap, size);
	FIELD(iommu_ioas_unmap, ioas_id);
	FIELD(iommu_ioas_unmap, iova);
	FIELD(iommu_ioas_unmap, length);

	IOCTL(IOMMU_OPTION);
	STRUCT(iommu_option);
	FIELD(iommu_option, size);
	FIELD(iommu_option, option_id);
	FIELD(iommu_option, op);
	FIELD(iommu_option, __reserved);
	FIELD(iommu_option, object_id);
	FIELD(iommu_option, val64);
	CONSTANT(IOMMU_OPTION_RLIMIT_MODE);
	CONSTANT(IOMMU_OPTION_HUGE_PAGES);
	CONSTANT(IOMMU_OPTION_OP_SET);
	CONSTANT(IOMMU_OPTION_OP_GET);

	IOCTL(IOMMU_HWPT_ALLOC);
	STRUCT(iommu_hwpt_alloc);
	FIELD(iommu_hwpt_alloc, size);
	FIELD(iommu_hwpt_alloc, flags);
	FIELD(iommu_hwpt_alloc, dev_id);
	FIELD(iommu_hwpt_alloc, pt_id);
	FIELD(iommu_hwpt_alloc, out_hwpt_id);
	FIELD(iommu_hwpt_alloc, __reserved);
	FIELD(iommu_hwpt_alloc, data_type);
	FIELD(iommu_hwpt_alloc, data_len);
	FIELD(iommu_hwpt_alloc, data_uptr);
	FIELD(iommu_hwpt_alloc, fault_id);
	FIELD(iommu_hwpt_alloc, __reserved2);
	CONSTANT(IOMMU_HWPT_ALLOC_NEST_PARENT);
	CONSTANT(IOMMU_HWPT_ALLOC_DIRTY_TRACKING);
	CONSTANT(IOMMU_HWPT_FAULT_ID_VALID);
	CONSTANT(IOMMU_HWPT_ALLOC_PASID);
	CONSTANT(IOMMU_HWPT_DATA_NONE);
	CONSTANT(IOMMU_HWPT_DATA_ARM_SMMUV3);
	STRUCT(iommu_hwpt_arm_smmuv3);
	FIELD(iommu_hwpt_arm_smmuv3, ste);

	IOCTL(IOMMU_GET_HW_INFO);
	STRUCT(iommu_hw_info);
	FIELD(iommu_hw_info, size);
	FIELD(iommu_hw_info, flags);
	FIELD(iommu_hw_info, dev_id);
	FIELD(iommu_hw_info, data_len);
	FIELD(iommu_hw_info, data_uptr);
	FIELD(iommu_hw_info, out_data_type);
	FIELD(iommu_hw_info, out_max_pasid_log2);
	FIELD(iommu_hw_info, __reserved);
	FIELD(iommu_hw_info, out_capabilities);
	CONSTANT(IOMMU_HW_INFO_TYPE_NONE);
	CONSTANT(IOMMU_HW_INFO_TYPE_INTEL_VTD);
	CONSTANT(IOMMU_HW_INFO_TYPE_ARM_SMMUV3);
	CONSTANT(IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV);
	CONSTANT(IOMMU_HW_INFO_TYPE_AMD);
	STRUCT(iommu_hw_info_arm_smmuv3);
	FIELD(iommu_hw_info_arm_smmuv3, flags);
	FIELD(iommu_hw_info_arm_smmuv3, __reserved);
	FIELD(iommu_hw_info_arm_smmuv3, idr);
	FIELD(iommu_hw_info_arm_smmuv3, iidr);
	FIELD(iommu_hw_info_arm_smmuv3, aidr);

	IOCTL(IOMMU_HWPT_INVALIDATE);
	STRUCT(iommu_hwpt_invalidate);
	FIELD(iommu_hwpt_invalidate, size);
	FIELD(iommu_hwpt_invalidate, hwpt_id);
	FIELD(iommu_hwpt_invalidate, data_uptr);
	FIELD(iommu_hwpt_invalidate, data_type);
	FIELD(iommu_hwpt_invalidate, entry_len);
	FIELD(iommu_hwpt_invalidate, entry_num);
	FIELD(iommu_hwpt_invalidate, __reserved);
	CONSTANT(IOMMU_HWPT_INVALIDATE_DATA_VTD_S1);
	CONSTANT(IOMMU_VIOMMU_INVALIDATE_DATA_ARM_SMMUV3);
	STRUCT(iommu_viommu_arm_smmuv3_invalidate);
	FIELD(iommu_viommu_arm_smmuv3_invalidate, cmd);

	IOCTL(IOMMU_FAULT_QUEUE_ALLOC);
	STRUCT(iommu_fault_alloc);
	FIELD(iommu_fault_alloc, size);
	FIELD(iommu_fault_alloc, flags);
	FIELD(iommu_fault_alloc, out_fault_id);
	FIELD(iommu_fault_alloc, out_fault_fd);
	STRUCT(iommu_hwpt_pgfault);
	FIELD(iommu_hwpt_pgfault, flags);
	FIELD(iommu_hwpt_pgfault, dev_id);
	FIELD(iommu_hwpt_pgfault, pasid);
	FIELD(iommu_hwpt_pgfault, grpid);
	FIELD(iommu_hwpt_pgfault, perm);
	FIELD(iommu_hwpt_pgfault, __reserved);
	FIELD(iommu_hwpt_pgfault, addr);
	FIELD(iommu_hwpt_pgfault, length);
	FIELD(iommu_hwpt_pgfault, cookie);
	CONSTANT(IOMMU_PGFAULT_FLAGS_PASID_VALID);
	CONSTANT(IOMMU_PGFAULT_FLAGS_LAST_PAGE);
	CONSTANT(IOMMU_PGFAULT_PERM_READ);
	CONSTANT(IOMMU_PGFAULT_PERM_WRITE);
	CONSTANT(IOMMU_PGFAULT_PERM_EXEC);
	CONSTANT(IOMMU_PGFAULT_PERM_PRIV);
	STRUCT(iommu_hwpt_page_response);
	FIELD(iommu_hwpt_page_response, cookie);
	FIELD(iommu_hwpt_page_response, code);
	CONSTANT(IOMMUFD_PAGE_RESP_SUCCESS);
	CONSTANT(IOMMUFD_PAGE_RESP_INVALID);

	IOCTL(IOMMU_VIOMMU_ALLOC);
	STRUCT(iommu_viommu_alloc);
	FIELD(iommu_viommu_alloc, size);
	FIELD(iommu_viommu_alloc, flags);
	FIELD(iommu_viommu_alloc, type);
	FIELD(iommu_viommu_alloc, dev_id);
	FIELD(iommu_viommu_alloc, hwpt_id);
	FIELD(iommu_viommu_alloc, out_viommu_id);
	FIELD(iommu_viommu_alloc, data_len);
	FIELD(iommu_viommu_alloc, __reserved);
	FIELD(iommu_viommu_alloc, data_uptr);
	CONSTANT(IOMMU_VIOMMU_TYPE_ARM_SMMUV3);
	CONSTANT(IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV);

	IOCTL(IOMMU_VDEVICE_ALLOC);
	STRUCT(iommu_vdevice_alloc);
	FIELD(iommu_vdevice_alloc, size);
	FIELD(iommu_vdevice_alloc, viommu_id);
	FIELD(iommu_vdevice_alloc, dev_id);
	FIELD(iommu_vdevice_alloc, out_vdevice_id);
	FIELD(iommu_vdevice_alloc, virt_id);

	IOCTL(IOMMU_VEVENTQ_ALLOC);
	STRUCT(iommu_veventq_alloc);
	FIELD(iommu_veventq_alloc, size);
	FIELD(iommu_veventq_alloc, flags);
	FIELD(iommu_veventq_alloc, viommu_id);
	FIELD(iommu_veventq_alloc, type);
	FIELD(iommu_veventq_alloc, veventq_depth);
	FIELD(iommu_veventq_alloc, out_veventq_id);
	FIELD(iommu_veventq_alloc, out_veventq_fd);
	FIELD(iommu_veventq_alloc, __reserved);
	CONSTANT(IOMMU_VEVENTQ_TYPE_ARM_SMMUV3);
	CONSTANT(IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV);
	STRUCT(iommufd_vevent_header);
	FIELD(iommufd_vevent_header, flags);
	FIELD(iommufd_vevent_header, sequence);
	CONSTANT(IOMMU_VEVENTQ_FLAG_LOST_EVENTS);
	STRUCT(iommu_vevent_arm_smmuv3);
	FIELD(iommu_vevent_arm_smmuv3, evt);
}

static void vfio(void)
{
	IOCTL(VFIO_DEVICE_GET_INFO);
	STRUCT(vfio_device_info);
	FIELD(vfio_device_info, argsz);
	FIELD(vfio_device_info, flags);
	FIELD(vfio_device_info, num_regions);
	FIELD(vfio_device_info, num_irqs);
	FIELD(vfio_device_info, cap_offset);
	FIELD(vfio_device_info, pad);
	CONSTANT(VFIO_DEVICE_FLAGS_RESET);
	CONSTANT(VFIO_DEVICE_FLAGS_PCI);
	CONSTANT(VFIO_DEVICE_FLAGS_CAPS);
	STRUCT(vfio_info_cap_header);
	FIELD(vfio_info_cap_header, id);
	FIELD(vfio_info_cap_header, version);
	FIELD(vfio_info_cap_header, next);
	CONSTANT(VFIO_DEVICE_INFO_CAP_PCI_ATOMIC_COMP);
	STRUCT(vfio_device_info_cap_pci_atomic_comp);
	FIELD(vfio_device_info_cap_pci_atomic_comp, header);
	FIELD(vfio_device_info_cap_pci_atomic_comp, flags);
	FIELD(vfio_device_info_cap_pci_atomic_comp, reserved);
	CONSTANT(VFIO_PCI_ATOMIC_COMP32);
	CONSTANT(VFIO_PCI_ATOMIC_COMP64);
	CONSTANT(VFIO_PCI_ATOMIC_COMP128);

	IOCTL(VFIO_DEVICE_RESET);

	IOCTL(VFIO_DEVICE_BIND_IOMMUFD);
	STRUCT(vfio_device_bind_iommufd);
	FIELD(vfio_device_bind_iommufd, argsz);
	FIELD(vfio_device_bind_iommufd, flags);
	FIELD(vfio_device_bind_iommufd, iommufd);
	FIELD(vfio_device_bind_iommufd, out_devid);
	FIELD(vfio_device_bind_iommufd, token_uuid_ptr);

	IOCTL(VFIO_DEVICE_ATTACH_IOMMUFD_PT);
	STRUCT(vfio_device_attach_iommufd_pt);
	FIELD(vfio_device_attach_iommufd_pt, argsz);
	FIELD(vfio_device_attach_iommufd_pt, flags);
	FIELD(vfio_device_attach_iommufd_pt, pt_id);
	FIELD(vfio_device_attach_iommufd_pt, pasid);

	IOCTL(VFIO_DEVICE_DETACH_IOMMUFD_PT);
	STRUCT(vfio_device_detach_iommufd_pt);
	FIELD(vfio_device_detach_iommufd_pt, argsz);
	FIELD(vfio_device_detach_iommufd_pt, flags);
	FIELD(vfio_device_detach_iommufd_pt, pasid);
}

static void errnos(void)
{
	int number;

	for (number = 1; number < 134; number++) {
		const char *name = strerrorname_np(number);

		/* The C library knows this number by a name of its own. */
		if (name && number == 95)
			name = "EOPNOTSUPP";
		if (name)
			printf("errno %s %d\n", name, number);
	}
}

int main(void)
{
	printf("# headers of Linux %d.%d.%d\n", LINUX_VERSION_CODE >> 16,
	       LINUX_VERSION_CODE >> 8 & 255, LINUX_VERSION_CODE & 255);
	iommufd();
	vfio();
	errnos();
	return 0;
}
