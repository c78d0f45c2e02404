package io.vsmmu.iommufd.topology;

import java.util.List;

/** What was found under one name in a sysfs folder. */
sealed interface Attribute {

  /**
   * A file.
   *
   * @param text without white space around it and at the end of its lines
   */
  record Text(String text) implements Attribute {}

  /**
   * A link.
   *
   * @param target the last name of where it points
   */
  record Link(String target) implements Attribute {}

  /**
   * A folder.
   *
   * @param entries the names in it, in order
   */
  record Folder(List<String> entries) implements Attribute {
    public Folder {
      entries = entries.stream().sorted().toList();
    }
  }

  /**
   * Something that is there and cannot be read.
   *
   * @param why the rest of the sentence that begins with its name
   */
  record Unreadable(String why) implements Attribute {}
}
