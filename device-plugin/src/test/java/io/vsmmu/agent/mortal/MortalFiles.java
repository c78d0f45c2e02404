package io.vsmmu.agent.mortal;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Files of the default file system as a process sees them that may die: every change is a step. */
final class MortalFiles extends FileSystemProvider {

  private final Life life;
  private final FileSystem fileSystem;

  MortalFiles(Life life) {
    this.life = life;
    this.fileSystem = new MortalFileSystem(this);
  }

  private static FileSystemProvider real(Path path) {
    return MortalPath.real(path).getFileSystem().provider();
  }

  @Override
  public FileSystem getFileSystem(@Nullable URI uri) {
    return fileSystem;
  }

  @Override
  public FileChannel newFileChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    if (options.contains(StandardOpenOption.WRITE)) {
      life.step();
    }
    return real(path).newFileChannel(MortalPath.real(path), options, attributes);
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    if (options.contains(StandardOpenOption.WRITE)) {
      life.step();
    }
    return real(path).newByteChannel(MortalPath.real(path), options, attributes);
  }

  @Override
  public void createDirectory(Path path, FileAttribute<?>... attributes) throws IOException {
    life.step();
    real(path).createDirectory(MortalPath.real(path), attributes);
  }

  @Override
  public void delete(Path path) throws IOException {
    life.step();
    real(path).delete(MortalPath.real(path));
  }

  @Override
  public void move(Path from, Path to, CopyOption... options) throws IOException {
    life.step();
    real(from).move(MortalPath.real(from), MortalPath.real(to), options);
  }

  @Override
  public void copy(Path from, Path to, CopyOption... options) throws IOException {
    life.step();
    real(from).copy(MortalPath.real(from), MortalPath.real(to), options);
  }

  @Override
  public void setAttribute(Path path, String name, Object value, LinkOption... options)
      throws IOException {
    life.step();
    real(path).setAttribute(MortalPath.real(path), name, value, options);
  }

  @Override
  public <V extends FileAttributeView> @Nullable V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    if (type == PosixFileAttributeView.class) {
      // Asked for to set permissions.
      life.step();
    }
    return real(path).getFileAttributeView(MortalPath.real(path), type, options);
  }

  @Override
  public <A extends BasicFileAttributes> A readAttributes(
      Path path, Class<A> type, LinkOption... options) throws IOException {
    return real(path).readAttributes(MortalPath.real(path), type, options);
  }

  @Override
  public Map<String, Object> readAttributes(Path path, String names, LinkOption... options)
      throws IOException {
    return real(path).readAttributes(MortalPath.real(path), names, options);
  }

  @Override
  public DirectoryStream<Path> newDirectoryStream(
      Path folder, DirectoryStream.Filter<? super Path> filter) throws IOException {
    var stream =
        real(folder)
            .newDirectoryStream(
                MortalPath.real(folder), each -> filter.accept(MortalPath.of(each, fileSystem)));
    return new DirectoryStream<>() {
      @Override
      public Iterator<Path> iterator() {
        var files = stream.iterator();
        return new Iterator<>() {
          @Override
          public boolean hasNext() {
            return files.hasNext();
          }

          @Override
          public Path next() {
            return MortalPath.of(files.next(), fileSystem);
          }
        };
      }

      @Override
      public void close() throws IOException {
        stream.close();
      }
    };
  }

  @Override
  public void checkAccess(Path path, AccessMode... modes) throws IOException {
    real(path).checkAccess(MortalPath.real(path), modes);
  }

  @Override
  public boolean isSameFile(Path one, Path other) throws IOException {
    return real(one).isSameFile(MortalPath.real(one), MortalPath.real(other));
  }

  @Override
  public boolean isHidden(Path path) throws IOException {
    return real(path).isHidden(MortalPath.real(path));
  }

  @Override
  public FileStore getFileStore(Path path) throws IOException {
    return real(path).getFileStore(MortalPath.real(path));
  }

  @Override
  public String getScheme() {
    return "mortal";
  }

  @Override
  public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Path getPath(URI uri) {
    return MortalPath.of(Path.of(uri), fileSystem);
  }
}
