/**
 * One run that measures every part against the bare work that it does, and prints one table: {@link
 * io.vsmmu.bench.Bench}. The rooms below measure one part each.
 */
@NullMarked
package io.vsmmu.bench;

import org.jspecify.annotations.NullMarked;
