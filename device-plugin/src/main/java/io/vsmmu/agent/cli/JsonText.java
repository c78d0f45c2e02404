package io.vsmmu.agent.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.vsmmu.iommufd.topology.PciAddress;

/** JSON for people and scripts: indented, PCI addresses as text. */
final class JsonText {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(
              new SimpleModule().addSerializer(PciAddress.class, ToStringSerializer.instance))
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private JsonText() {}

  static String of(Object value) throws JsonProcessingException {
    return JSON.writeValueAsString(value);
  }
}
