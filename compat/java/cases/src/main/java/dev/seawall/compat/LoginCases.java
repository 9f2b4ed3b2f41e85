package dev.seawall.compat;

import static dev.seawall.compat.Trial.GROUP;
import static dev.seawall.compat.Trial.SOON;
import static dev.seawall.compat.Trial.admin;
import static dev.seawall.compat.Trial.instance;

import com.alibaba.nacos.api.exception.NacosException;
import java.util.List;
import java.util.Properties;

/** Who is let in. */
final class LoginCases {

    private LoginCases() {}

    static List<Case> all() {
        return List.of(
                Case.of("login_accepted", 40, LoginCases::accepted),
                Case.of("login_refused", 60, t -> refused(t, admin("not the password"))),
                Case.of("anonymous_refused", 60, t -> refused(t, Trial.guarded())));
    }

    private static void accepted(Trial t) throws Exception {
        Trial.Contents heard = t.listen(t.config(admin()), t.unique);
        t.publish(t.config(admin()), t.unique, "for members");
        heard.inbox.expect("for members", SOON);
        t.naming(admin()).registerInstance(t.unique, instance(9001));
        t.expectPorts(t.naming(admin()), List.of(9001));
    }

    /** Whoever comes with these properties can neither write nor read. */
    private static void refused(Trial t, Properties properties) throws Exception {
        t.publish(t.config(admin()), t.unique, "secret");
        boolean published = attempt(() -> t.config(properties).publishConfig(t.unique, GROUP, "stolen"));
        Failure.unless(!published, "an uninvited publish was accepted");
        boolean read = attempt(() -> t.get(t.config(properties), t.unique) != null);
        Failure.unless(!read, "an uninvited read was answered");
        boolean registered = attempt(() -> {
            t.naming(properties).registerInstance(t.unique, instance(9001));
            return true;
        });
        Failure.unless(!registered, "an uninvited instance was accepted");
        t.expectContent(t.config(admin()), t.unique, "secret");
        t.expectPorts(t.naming(admin()), List.of());
    }

    private interface Attempt {
        boolean call() throws NacosException;
    }

    private static boolean attempt(Attempt attempt) {
        try {
            return attempt.call();
        } catch (NacosException refused) {
            return false;
        }
    }
}
