/*
 * Lets an edu device of this machine do DMA through tables of this kernel, and looks at the memory: through
 * VFIO and iommufd, so that the kernel writes stage 1 of the SMMU that the machine has. Its addresses for the
 * device are below 256 MB, where a machine of QEMU's virt board has no memory: what arrives was translated.
 *
 * usage: edu-dma BDF        of a device on vfio-pci
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
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <linux/iommufd.h>
#include <linux/vfio.h>

#define PAGE 4096
#define SENTINEL 0xa5
/* The edu has 28 address lines. Between the platform bus and the PCI window of the board is nothing. */
#define SOURCE_IOVA 0x0e800000u
#define TARGET_IOVA 0x0e801000u

/* Registers of the edu (docs/specs/edu in QEMU's sources). */
#define EDU_IDENTIFICATION 0x00
#define EDU_DMA_SOURCE 0x80
#define EDU_DMA_DESTINATION 0x88
#define EDU_DMA_COUNT 0x90
#define EDU_DMA_COMMAND 0x98
#define EDU_RUN 1u
#define EDU_TO_MEMORY 2u
#define EDU_BUFFER 0x40000u
#define PATIENCE_SECONDS 60

#define PCI_COMMAND 4
#define PCI_COMMAND_MEMORY_AND_MASTER 6

static const char *function;
static int iommu, device;
static uint64_t registers;

static void fail(const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "edu-dma: %s: ", function);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	exit(1);
}

static void request(int fd, unsigned long number, void *argument, const char *name)
{
	if (ioctl(fd, number, argument))
		fail("%s: %s", name, strerror(errno));
}

#define REQUEST(fd, name, argument) request(fd, name, argument, #name)

static int open_cdev(void)
{
	char path[512];
	struct dirent *entry;
	DIR *folder;
	int fd = -1;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/vfio-dev", function);
	folder = opendir(path);
	if (!folder)
		fail("%s: %s", path, strerror(errno));
	while ((entry = readdir(folder)))
		if (!strncmp(entry->d_name, "vfio", 4)) {
			snprintf(path, sizeof(path), "/dev/vfio/devices/%s", entry->d_name);
			fd = open(path, O_RDWR);
		}
	closedir(folder);
	if (fd < 0)
		fail("%s: %s", path, strerror(errno));
	return fd;
}

static uint64_t region(uint32_t index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	REQUEST(device, VFIO_DEVICE_GET_REGION_INFO, &info);
	return info.offset;
}

static uint32_t read_register(uint32_t at)
{
	uint32_t value;

	if (pread(device, &value, sizeof(value), registers + at) != sizeof(value))
		fail("register 0x%x cannot be read: %s", at, strerror(errno));
	return value;
}

static void write_register(uint32_t at, uint32_t value)
{
	if (pwrite(device, &value, sizeof(value), registers + at) != sizeof(value))
		fail("register 0x%x cannot be written: %s", at, strerror(errno));
}

/* Returns when the device says that it is done, which it also does when nothing got through. */
static void transfer(uint32_t source, uint32_t destination, uint32_t command)
{
	struct timespec begun, now;

	write_register(EDU_DMA_SOURCE, source);
	write_register(EDU_DMA_DESTINATION, destination);
	write_register(EDU_DMA_COUNT, PAGE);
	write_register(EDU_DMA_COMMAND, command | EDU_RUN);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	while (read_register(EDU_DMA_COMMAND) & EDU_RUN) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - begun.tv_sec > PATIENCE_SECONDS)
			fail("a transfer was not done after %d s", PATIENCE_SECONDS);
	}
}

static void load(uint32_t iova) { transfer(iova, EDU_BUFFER, 0); }

static void store(uint32_t iova) { transfer(EDU_BUFFER, iova, EDU_TO_MEMORY); }

static void start(void)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommu };
	uint64_t configuration;
	uint16_t command;

	REQUEST(device, VFIO_DEVICE_BIND_IOMMUFD, &bind);
	configuration = region(VFIO_PCI_CONFIG_REGION_INDEX) + PCI_COMMAND;
	if (pread(device, &command, sizeof(command), configuration) != sizeof(command))
		fail("its configuration space cannot be read: %s", strerror(errno));
	command |= PCI_COMMAND_MEMORY_AND_MASTER;
	if (pwrite(device, &command, sizeof(command), configuration) != sizeof(command))
		fail("its configuration space cannot be written: %s", strerror(errno));
	registers = region(VFIO_PCI_BAR0_REGION_INDEX);
	if ((read_register(EDU_IDENTIFICATION) & 0xffff) != 0x00ed)
		fail("it is no edu: its first register reads 0x%08x", read_register(EDU_IDENTIFICATION));
}

static void map(uint32_t ioas, void *page, uint64_t iova)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)page,
		.length = PAGE,
		.iova = iova,
	};

	REQUEST(iommu, IOMMU_IOAS_MAP, &map);
}

static int untouched(const uint8_t *page)
{
	for (int i = 0; i < PAGE; i++)
		if (page[i] != SENTINEL)
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	uint8_t *source, *target;

	if (argc != 2) {
		fprintf(stderr, "usage: edu-dma BDF\n");
		return 2;
	}
	function = argv[1];
	iommu = open("/dev/iommu", O_RDWR);
	if (iommu < 0)
		fail("/dev/iommu: %s", strerror(errno));
	device = open_cdev();
	start();

	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	REQUEST(iommu, IOMMU_IOAS_ALLOC, &ioas);
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach), .pt_id = ioas.out_ioas_id };
	REQUEST(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach);

	source = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (source == MAP_FAILED)
		fail("no memory: %s", strerror(errno));
	target = source + PAGE;
	/* New in every run, so that nothing of an earlier one is taken for this one's. */
	for (int done = 0; done < PAGE; done += 256)
		if (getrandom(source + done, 256, 0) != 256)
			fail("no random bytes: %s", strerror(errno));
	memset(target, SENTINEL, PAGE);
	map(ioas.out_ioas_id, source, SOURCE_IOVA);
	map(ioas.out_ioas_id, target, TARGET_IOVA);

	load(SOURCE_IOVA);
	store(TARGET_IOVA);
	if (memcmp(source, target, PAGE))
		fail("the bytes did not arrive");

	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = ioas.out_ioas_id, .iova = TARGET_IOVA, .length = PAGE,
	};
	REQUEST(iommu, IOMMU_IOAS_UNMAP, &unmap);
	memset(target, SENTINEL, PAGE);
	store(TARGET_IOVA);
	if (!untouched(target))
		fail("bytes arrived where stage 1 maps nothing any more");

	map(ioas.out_ioas_id, target, TARGET_IOVA);
	store(TARGET_IOVA);
	if (memcmp(source, target, PAGE))
		fail("the bytes did not arrive after the page was mapped again");

	printf("%s: %d bytes by DMA from 0x%x to 0x%x arrived; none while stage 1 did not map it; all again after\n",
	       function, PAGE, SOURCE_IOVA, TARGET_IOVA);
	return 0;
}
