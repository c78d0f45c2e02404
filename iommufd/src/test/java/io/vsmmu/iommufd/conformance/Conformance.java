package io.vsmmu.iommufd.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A class whose tests take a {@link KernelUnderTest} or a {@link Session}, one test at a time. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TargetResolver.class)
@ResourceLock("io.vsmmu.iommufd.conformance.devices")
@interface Conformance {}
