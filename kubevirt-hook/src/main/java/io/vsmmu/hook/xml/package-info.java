/**
 * XML that is changed without being written anew: a document is read into elements that know their
 * place in the text, and edits splice that text, so that whatever is not edited stays byte for
 * byte.
 */
@NullMarked
package io.vsmmu.hook.xml;

import org.jspecify.annotations.NullMarked;
