package io.vsmmu.deploy;

import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.api.model.batch.v1.JobBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vsmmu.lab.apiserver.ApiServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Runs the container of a Job as a process, and says in the Job's status how it ended. */
final class JobRunner implements ResourceEventHandler<Job>, AutoCloseable {

  private final ApiServer server;
  private final KubernetesClient client;
  private final Path folder;
  private final ExecutorService worker = Executors.newSingleThreadExecutor();
  private final SharedIndexInformer<Job> jobs;
  private volatile @Nullable ImageProcess process;

  private JobRunner(ApiServer server, KubernetesClient client, Path folder) {
    this.server = server;
    this.client = client;
    this.folder = folder;
    this.jobs = client.batch().v1().jobs().inNamespace("vsmmu-system").inform(this);
  }

  static JobRunner watch(ApiServer server, KubernetesClient client, Path folder) {
    return new JobRunner(server, client, folder);
  }

  String log() {
    ImageProcess ran = process;
    return ran == null ? "no Job came" : ran.log();
  }

  @Override
  public void onAdd(Job job) {
    worker.execute(() -> run(job));
  }

  @Override
  public void onUpdate(Job before, Job now) {}

  @Override
  public void onDelete(Job job, boolean stateUnknown) {}

  private void run(Job job) {
    var pod = job.getSpec().getTemplate().getSpec();
    var container = pod.getContainers().getFirst();
    String started = Instant.now().toString();
    try (ImageProcess run =
        ImageProcess.start(
            container.getCommand().getFirst(),
            container.getArgs(),
            server,
            client,
            pod.getServiceAccountName(),
            folder)) {
      process = run;
      boolean success = run.awaitEnd() == 0;
      client
          .resource(job)
          .editStatus(now ->
              new JobBuilder(now)
                  .withNewStatus()
                  .withStartTime(started)
                  .withCompletionTime(success ? Instant.now().toString() : null)
                  .withSucceeded(success ? 1 : 0)
                  .withFailed(success ? 0 : 1)
                  .addNewCondition()
                  .withType(success ? "SuccessCriteriaMet" : "FailureTarget")
                  .withStatus("True")
                  .endCondition()
                  .addNewCondition()
                  .withType(success ? "Complete" : "Failed")
                  .withStatus("True")
                  .endCondition()
                  .endStatus()
                  .build());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run " + container.getCommand(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    jobs.close();
    worker.shutdownNow();
  }
}
