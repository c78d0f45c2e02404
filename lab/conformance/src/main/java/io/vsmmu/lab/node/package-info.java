/** The devices of the node that a program of the lab runs in. */
@NullMarked
package io.vsmmu.lab.node;

import org.jspecify.annotations.NullMarked;
