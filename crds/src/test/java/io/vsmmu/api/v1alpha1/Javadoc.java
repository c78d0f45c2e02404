package io.vsmmu.api.v1alpha1;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.LinkTree;
import com.sun.source.doctree.LiteralTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.doctree.StartElementTree;
import com.sun.source.doctree.TextTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * What the sources of a package say about its types, the components of its records and the
 * constants of its enums, as plain text.
 */
final class Javadoc {

  private final Map<String, String> texts = new HashMap<>();

  private Javadoc() {}

  /** Reads all sources of a folder, without compiling them. */
  static Javadoc of(Path folder) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (Stream<Path> sources = Files.list(folder);
        StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(
                      sources.filter(source -> source.toString().endsWith(".java")).toList()));
      DocTrees comments = DocTrees.instance(task);
      Javadoc javadoc = new Javadoc();
      task.parse().forEach(unit -> javadoc.add(unit, comments));
      return javadoc;
    }
  }

  /** What a type is. */
  String of(Class<?> type) {
    return text(type.getSimpleName());
  }

  /** What a component of a record or a constant of an enum is. */
  String of(Class<?> type, String member) {
    return text(type.getSimpleName() + "." + member);
  }

  private String text(String key) {
    String text = texts.get(key);
    if (text == null || text.isEmpty()) {
      throw new IllegalStateException(key + " has no Javadoc; its description comes from there");
    }
    return text;
  }

  private void add(CompilationUnitTree unit, DocTrees comments) {
    TreePath path = new TreePath(unit);
    for (Tree declaration : unit.getTypeDecls()) {
      if (declaration instanceof ClassTree type) {
        add(type, new TreePath(path, type), comments);
      }
    }
  }

  private void add(ClassTree type, TreePath path, DocTrees comments) {
    String name = type.getSimpleName().toString();
    DocCommentTree comment = comments.getDocCommentTree(path);
    if (comment == null) {
      return;
    }
    texts.put(name, plain(comment.getFullBody()));
    for (DocTree tag : comment.getBlockTags()) {
      if (tag instanceof ParamTree parameter) {
        texts.put(name + "." + parameter.getName(), sentence(plain(parameter.getDescription())));
      }
    }
    if (type.getKind() == Tree.Kind.ENUM) {
      for (Tree member : type.getMembers()) {
        DocCommentTree constant = comments.getDocCommentTree(new TreePath(path, member));
        if (member instanceof VariableTree variable && constant != null) {
          texts.put(name + "." + variable.getName(), plain(constant.getFullBody()));
        }
      }
    }
  }

  private static String sentence(String phrase) {
    return phrase.isEmpty()
        ? phrase
        : Character.toUpperCase(phrase.charAt(0))
            + phrase.substring(1)
            + (phrase.endsWith(".") ? "" : ".");
  }

  private static String plain(List<? extends DocTree> parts) {
    StringBuilder text = new StringBuilder();
    for (DocTree part : parts) {
      text.append(
          switch (part) {
            case TextTree words -> words.getBody();
            case LiteralTree literal -> "`" + literal.getBody().getBody() + "`";
            case LinkTree link -> "`" + link.getReference().getSignature() + "`";
            case StartElementTree element when element.getName().contentEquals("p") -> "\n";
            default -> throw unreadable(part);
          });
    }
    return text.toString().replaceAll("\\s+", " ").strip();
  }

  private static UncheckedIOException unreadable(DocTree part) {
    return new UncheckedIOException(
        new IOException("no plain text is known for " + part.getKind() + ": " + part));
  }
}
