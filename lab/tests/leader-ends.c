/* A process whose first thread ends while another one runs: the kernel shows it as a zombie, and it has all it had open. */
#include <pthread.h>
#include <unistd.h>

static void *stay(void *nothing) {
  for (;;) pause();
  return nothing;
}

int main(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, stay, NULL) != 0) return 1;
  pthread_exit(NULL);
}
