package io.vsmmu.agent.cli;

import io.vsmmu.agent.AgentSettings.Peers;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code --peers}. */
final class PeersConverter implements ITypeConverter<Peers> {

  @Override
  public Peers convert(String value) {
    return switch (value) {
      case "pod" -> Peers.POD;
      case "path" -> Peers.PATH;
      default -> throw new TypeConversionException("'" + value + "' is neither pod nor path");
    };
  }
}
