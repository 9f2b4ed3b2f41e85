package dev.seawall.compat;

import static dev.seawall.compat.Trial.REDO;
import static dev.seawall.compat.Trial.SOON;
import static dev.seawall.compat.Trial.instance;

import com.alibaba.nacos.api.config.ConfigService;
import com.alibaba.nacos.api.naming.NamingService;
import com.alibaba.nacos.api.naming.pojo.Instance;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;

/** What must survive a restart of the server. */
final class RestartCases {

    private RestartCases() {}

    static List<Case> all() {
        return List.of(
                Case.of("restart_redo_register", 90, RestartCases::redoRegister),
                Case.of("restart_redo_subscribe", 90, RestartCases::redoSubscribe),
                Case.of("restart_redo_listen", 90, RestartCases::redoListen),
                Case.of("restart_keeps_config", 90, RestartCases::keepsConfig),
                Case.of("restart_keeps_persistent", 90, RestartCases::keepsPersistent),
                Case.of("restart_no_empty_push", 90, RestartCases::noEmptyPush),
                Case.of("kill_snapshot_read", 90, RestartCases::snapshotRead));
    }

    private static void redoRegister(Trial t) throws Exception {
        t.naming().registerInstance(t.unique, instance(9001));
        t.expectPorts(t.naming(), List.of(9001));
        t.control("restart");
        t.subscribeAfterRestart(t.naming(), REDO).expect(List.of(9001), REDO);
    }

    private static void redoSubscribe(Trial t) throws Exception {
        Trial.Ports events = t.subscribe(t.naming());
        t.control("restart");
        t.naming().registerInstance(t.unique, instance(9001));
        events.expect(List.of(9001), REDO);
    }

    private static void redoListen(Trial t) throws Exception {
        t.publish(t.config(), t.unique, "before");
        Trial.Contents heard = t.listen(t.config(), t.unique);
        heard.inbox.expect("before", SOON);
        t.control("restart");
        t.publish(t.config(), t.unique, "after");
        heard.inbox.expect("after", REDO);
    }

    private static void keepsConfig(Trial t) throws Exception {
        t.publish(t.config(), t.unique, "durable 🌊");
        t.control("kill");
        t.control("start");
        t.expectContent(t.config(), t.unique, "durable 🌊");
    }

    private static void keepsPersistent(Trial t) throws Exception {
        try (ServerSocket probed = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Instance told = instance(probed.getLocalPort());
            told.setEphemeral(false);
            t.naming().registerInstance(t.unique, told);
            t.control("kill");
            t.control("start");
            t.expectPorts(t.naming(), List.of(told.getPort()));
        }
    }

    /** A restart must never tell a subscriber that a service with living instances has none. */
    private static void noEmptyPush(Trial t) throws Exception {
        Trial.Ports events = t.subscribe(t.naming());
        t.naming().registerInstance(t.unique, instance(9001));
        events.expect(List.of(9001), SOON);
        t.control("restart");
        t.naming().registerInstance(t.unique, instance(9002));
        events.expect(
                event -> {
                    Failure.unless(!event.isEmpty(), "pushed an empty list because of a restart");
                    return event.equals(List.of(9001, 9002));
                },
                "[9001, 9002]",
                REDO);
    }

    private static void snapshotRead(Trial t) throws Exception {
        ConfigService reader = t.config();
        NamingService consumer = t.naming();
        t.publish(reader, t.unique, "kept");
        t.expectContent(reader, t.unique, "kept");
        t.naming().registerInstance(t.unique, instance(9001));
        t.subscribe(consumer).expect(List.of(9001), SOON);
        t.control("kill");
        try {
            t.expectContent(reader, t.unique, "kept");
            List<Integer> cached = Trial.ports(consumer.getAllInstances(t.unique));
            Failure.unless(cached.equals(List.of(9001)), "the cached list became " + cached);
        } finally {
            t.control("start");
        }
        t.expectContent(reader, t.unique, "kept");
    }
}
