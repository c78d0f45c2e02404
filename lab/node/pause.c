/* The process that holds a pod's namespaces: it reaps what is orphaned in them and ends when told. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
	sigset_t signals;
	int signal;

	sigfillset(&signals);
	sigprocmask(SIG_SETMASK, &signals, NULL);
	for (;;) {
		sigwait(&signals, &signal);
		if (signal == SIGINT || signal == SIGTERM)
			return 0;
		if (signal == SIGCHLD)
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
	}
}
