package io.vsmmu.hook.cli;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Java's file errors have the path as their message, and the cause in their type. */
final class Failures {

  private Failures() {}

  static String describe(Exception failure) {
    return switch (failure) {
      case NoSuchFileException missing -> "no such file: " + missing.getFile();
      case AccessDeniedException denied -> "not permitted: " + denied.getFile();
      case FileSystemException other when other.getReason() == null -> other.toString();
      default -> String.valueOf(failure.getMessage());
    };
  }
}
