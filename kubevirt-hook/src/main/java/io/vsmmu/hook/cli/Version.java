package io.vsmmu.hook.cli;

import picocli.CommandLine.IVersionProvider;

/** The version that the jar was built as. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    var version = Version.class.getPackage().getImplementationVersion();
    return new String[] {"vsmmu-hook " + (version == null ? "(unpackaged)" : version)};
  }
}
