package io.vsmmu.operator.cluster;

import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vsmmu.api.v1alpha1.Names;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What roles allow, one verb on one kind of object each, to be held against what was asked. */
public final class Rights {

  private final List<Right> rights = new ArrayList<>();

  /**
   * The rights of roles as they are installed.
   *
   * @param clusterRoles by name
   * @param roles by name, in the operator's namespace
   */
  public Rights(KubernetesClient client, List<String> clusterRoles, List<String> roles) {
    for (String name : clusterRoles) {
      client
          .rbac()
          .clusterRoles()
          .withName(name)
          .get()
          .getRules()
          .forEach(rule -> rights.addAll(of(rule, Optional.empty())));
    }
    for (String name : roles) {
      client
          .rbac()
          .roles()
          .inNamespace(Names.NAMESPACE)
          .withName(name)
          .get()
          .getRules()
          .forEach(rule -> rights.addAll(of(rule, Optional.of(Names.NAMESPACE))));
    }
  }

  /** Those that no request made use of. */
  public List<String> unusedBy(List<ApiRequest> requests) {
    return rights.stream()
        .filter(right -> requests.stream().noneMatch(right::allows))
        .map(Right::toString)
        .toList();
  }

  private static List<Right> of(PolicyRule rule, Optional<String> namespace) {
    List<Optional<String>> names =
        rule.getResourceNames().isEmpty()
            ? List.of(Optional.empty())
            : rule.getResourceNames().stream().map(Optional::of).toList();
    return rule.getApiGroups().stream()
        .flatMap(group ->
            rule.getResources().stream()
                .flatMap(resource ->
                    rule.getVerbs().stream()
                        .flatMap(verb ->
                            names.stream()
                                .map(name -> new Right(verb, group, resource, namespace, name)))))
        .toList();
  }

  /**
   * One verb on one kind of object.
   *
   * @param namespace empty for all
   * @param name empty for all
   */
  private record Right(
      String verb,
      String group,
      String resource,
      Optional<String> namespace,
      Optional<String> name) {

    boolean allows(ApiRequest request) {
      return Stream.<Predicate<ApiRequest>>of(
              asked -> asked.verb().equals(verb) || verb.equals("create") && creates(asked),
              asked -> asked.group().equals(group),
              asked -> asked.resource().equals(resource),
              asked -> namespace.map(asked.namespace()::equals).orElse(true),
              asked -> name.map(asked.name()::equals).orElse(true))
          .allMatch(agrees -> agrees.test(request));
    }

    /**
     * Server-side apply of what is not there asks for the right to create, beside that to patch.
     */
    private static boolean creates(ApiRequest request) {
      return request.verb().equals("patch") && request.code() == HttpURLConnection.HTTP_CREATED;
    }

    @Override
    public String toString() {
      return "%s %s%s%s"
          .formatted(
              verb,
              group.isEmpty() ? resource : group + "/" + resource,
              namespace.map(" in "::concat).orElse(""),
              name.map(" named "::concat).orElse(""));
    }
  }
}
