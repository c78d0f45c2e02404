package io.vsmmu.agent.mortal;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Paths that lead to a file system of one's own, and are those of the default one otherwise. */
public final class MortalPath implements InvocationHandler {

  private final Path real;
  private final FileSystem fileSystem;

  private MortalPath(Path real, FileSystem fileSystem) {
    this.real = real;
    this.fileSystem = fileSystem;
  }

  /** The same path, for a process that may die. */
  public static Path of(Path real, Life life) {
    return of(real, new MortalFiles(life).getFileSystem(null));
  }

  static Path of(Path real, FileSystem fileSystem) {
    return (Path)
        Proxy.newProxyInstance(
            MortalPath.class.getClassLoader(),
            new Class<?>[] {Path.class},
            new MortalPath(real, fileSystem));
  }

  /** The path behind one of these, or the path itself. */
  static Path real(Path path) {
    return Proxy.isProxyClass(path.getClass())
            && Proxy.getInvocationHandler(path) instanceof MortalPath mortal
        ? mortal.real
        : path;
  }

  @Override
  public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] arguments)
      throws Throwable {
    if (method.getName().equals("getFileSystem")) {
      return fileSystem;
    }
    Object[] real =
        arguments == null
            ? new Object[0]
            : Arrays.stream(arguments)
                .map(each -> each instanceof Path path ? real(path) : each)
                .toArray();
    try {
      Object result = method.invoke(this.real, real);
      return result instanceof Path path ? of(path, fileSystem) : result;
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
  }
}
