/*
 * Asks the kernel whether the SMMU in front of a PCI function nests: binds the function to vfio-pci and
 * allocates a nesting parent and a vIOMMU for it. Prints "BDF: nests" or the request that failed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/iommufd.h>
#include <linux/vfio.h>

static const char *function;

static void fail(const char *request)
{
	printf("%s: %s: %s\n", function, request, strerror(errno));
	exit(1);
}

static void write_attribute(const char *value, const char *format, ...)
{
	char path[256];
	va_list arguments;
	int fd;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fail(path);
	close(fd);
}

static int open_cdev(void)
{
	char path[512];
	struct dirent *entry;
	DIR *folder;
	int fd = -1;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", function);
	folder = opendir(path);
	if (!folder)
		fail(path);
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "vfio", 4)) {
			snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
			fd = open(path, O_RDWR);
		}
	closedir(folder);
	if (fd < 0)
		fail(path);
	return fd;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: nesting-probe BDF\n");
		return 2;
	}
	function = argv[1];
	write_attribute("vfio-pci", "/sys/bus/pci/devices/%s/driver_override", function);
	write_attribute(function, "/sys/bus/pci/devices/%s/driver/unbind", function);
	write_attribute(function, "/sys/bus/pci/drivers_probe");

	int iommu = open("/dev/iommu", O_RDWR);
	if (iommu < 0)
		fail("/dev/iommu");
	int device = open_cdev();

	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommu };
	if (ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		fail("VFIO_DEVICE_BIND_IOMMUFD");
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	if (ioctl(iommu, IOMMU_IOAS_ALLOC, &ioas))
		fail("IOMMU_IOAS_ALLOC");
	struct iommu_hwpt_alloc parent = {
		.size = sizeof(parent),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = bind.out_devid,
		.pt_id = ioas.out_ioas_id,
	};
	if (ioctl(iommu, IOMMU_HWPT_ALLOC, &parent))
		fail("IOMMU_HWPT_ALLOC");
	struct iommu_viommu_alloc viommu = {
		.size = sizeof(viommu),
		.type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3,
		.dev_id = bind.out_devid,
		.hwpt_id = parent.out_hwpt_id,
	};
	if (ioctl(iommu, IOMMU_VIOMMU_ALLOC, &viommu))
		fail("IOMMU_VIOMMU_ALLOC");
	printf("%s: nests\n", function);
	return 0;
}
