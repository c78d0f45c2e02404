package io.vsmmu.agent.cli;

/** Exit statuses that all subcommands share; docs/cli.md lists them. */
final class ExitStatus {

  static final int DONE = 0;

  /** Something that was needed could not be read, written or reached. */
  static final int FAILED = 1;

  /** It ran, and not everything is as one would wish: the output says what. */
  static final int WITH_OBSTACLES = 3;

  private ExitStatus() {}
}
