/* usage: raise-memlock PID BYTES
 * Raises what a process and those that it starts may pin (RLIMIT_MEMLOCK), as KubeVirt's virt-handler does for
 * libvirt's daemon. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

int main(int count, char **arguments) {
  if (count != 3) {
    fprintf(stderr, "usage: raise-memlock PID BYTES\n");
    return 2;
  }
  rlim_t bytes = strtoull(arguments[2], NULL, 10);
  struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};
  if (prlimit(atoi(arguments[1]), RLIMIT_MEMLOCK, &limit, NULL) != 0) {
    fprintf(stderr, "raise-memlock: process %s: %s\n", arguments[1], strerror(errno));
    return 1;
  }
  return 0;
}
