package io.vsmmu.deploy;

import java.nio.file.Path;

/** Where things are in the repository; tests run in their module's folder. */
final class Sources {

  static final Path TOP = Path.of("..", "..").toAbsolutePath().normalize();
  static final Path DEPLOY = TOP.resolve("deploy");
  static final Path CHART = DEPLOY.resolve("helm/vsmmu");
  static final Path SAMPLES = DEPLOY.resolve("samples");

  private Sources() {}
}
