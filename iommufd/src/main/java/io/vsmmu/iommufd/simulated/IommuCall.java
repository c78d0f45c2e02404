package io.vsmmu.iommufd.simulated;

import io.vsmmu.iommufd.uapi.Request;

/**
 * A request on an iommufd while it is carried out.
 *
 * @param argument address of the structure in the caller's memory
 * @param request a copy of it, which is filled with the answer
 */
record IommuCall<R extends Request>(Context context, R request, long argument, Caller caller) {

  UserMemory memory() {
    return caller.memory();
  }

  /** Copies the answer to the caller. */
  void respond() {
    Arguments.respond(memory(), argument, request);
  }

  /** Copies the answer to the caller; undoes what was done when he cannot take it. */
  void respondOr(Runnable undo) {
    try {
      respond();
    } catch (RuntimeException e) {
      undo.run();
      throw e;
    }
  }

  /** Ends a request that made an object: it is there when its id could be told. */
  void made(KernelObject object) {
    respondOr(() -> context.discard(object));
  }
}
