package dev.seawall.compat;

import static dev.seawall.compat.Trial.GROUP;
import static dev.seawall.compat.Trial.SOON;
import static dev.seawall.compat.Trial.instance;
import static dev.seawall.compat.Trial.ports;

import com.alibaba.nacos.api.naming.NamingService;
import com.alibaba.nacos.api.naming.pojo.Instance;
import com.alibaba.nacos.api.naming.pojo.ListView;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Registration and discovery. */
final class NamingCases {

    private NamingCases() {}

    static List<Case> all() {
        return List.of(
                Case.of("register_discover", 20, NamingCases::registerDiscover),
                Case.of("subscribe_push", 20, NamingCases::subscribePush),
                Case.of("deregister_push", 20, NamingCases::deregisterPush),
                Case.of("unsubscribe_stops", 20, NamingCases::unsubscribeStops),
                Case.of("instance_update", 20, NamingCases::instanceUpdate),
                Case.of("disabled_instance", 20, NamingCases::disabledInstance),
                Case.of("cluster_filter", 20, NamingCases::clusterFilter),
                Case.of("group_isolation", 20, NamingCases::groupIsolation),
                Case.of("naming_namespace_isolation", 20, NamingCases::namespaceIsolation),
                Case.of("unicode_metadata", 20, NamingCases::unicodeMetadata),
                Case.of("weighted_choice", 20, NamingCases::weightedChoice),
                Case.of("batch_register", 20, NamingCases::batchRegister),
                Case.of("batch_deregister", 20, NamingCases::batchDeregister),
                Case.of("persistent_instance", 30, NamingCases::persistentInstance),
                Case.of("service_list", 20, NamingCases::serviceList),
                Case.of("absent_service", 20, NamingCases::absentService),
                Case.of("server_status", 20, NamingCases::serverStatus),
                Case.of("disconnect_removal", 60, NamingCases::disconnectRemoval));
    }

    private static void registerDiscover(Trial t) throws Exception {
        NamingService provider = t.naming();
        NamingService consumer = t.naming();
        Instance told = instance(9001);
        told.setWeight(2.5);
        provider.registerInstance(t.unique, told);
        t.expectPorts(consumer, List.of(9001));
        Instance one = t.all(consumer).get(0);
        boolean right = one.getIp().equals("127.0.0.1")
                && one.getWeight() == 2.5
                && one.isHealthy()
                && one.isEnabled()
                && one.isEphemeral()
                && one.getClusterName().equals("DEFAULT")
                && one.getServiceName().equals(GROUP + "@@" + t.unique)
                && "java".equals(one.getMetadata().get("from"));
        Failure.unless(right, "unlike what was registered: " + one);
    }

    private static void subscribePush(Trial t) throws Exception {
        Trial.Ports events = t.subscribe(t.naming());
        t.naming().registerInstance(t.unique, instance(9001));
        events.expect(List.of(9001), SOON);
        t.naming().registerInstance(t.unique, instance(9002));
        events.expect(List.of(9001, 9002), SOON);
    }

    private static void deregisterPush(Trial t) throws Exception {
        NamingService second = t.naming();
        Trial.Ports events = t.subscribe(t.naming());
        t.naming().registerInstance(t.unique, instance(9001));
        second.registerInstance(t.unique, instance(9002));
        events.expect(List.of(9001, 9002), SOON);
        second.deregisterInstance(t.unique, instance(9002));
        events.expect(List.of(9001), SOON);
    }

    private static void unsubscribeStops(Trial t) throws Exception {
        NamingService leaving = t.naming();
        Trial.Ports left = t.subscribe(leaving);
        Trial.Ports stayed = t.subscribe(t.naming());
        t.naming().registerInstance(t.unique, instance(9001));
        left.expect(List.of(9001), SOON);
        stayed.expect(List.of(9001), SOON);
        leaving.unsubscribe(t.unique, left);
        t.naming().registerInstance(t.unique, instance(9002));
        stayed.expect(List.of(9001, 9002), SOON);
        List<Integer> late = left.unexpected();
        Failure.unless(late == null, "an event after unsubscribing: " + late);
    }

    private static void instanceUpdate(Trial t) throws Exception {
        NamingService provider = t.naming();
        NamingService consumer = t.naming();
        provider.registerInstance(t.unique, instance(9001));
        t.expectPorts(consumer, List.of(9001));
        Instance changed = instance(9001);
        changed.setWeight(7);
        changed.setMetadata(Map.of("version", "2"));
        provider.registerInstance(t.unique, changed);
        t.eventually(SOON, () -> {
            List<Instance> found = t.all(consumer);
            boolean right = found.size() == 1
                    && found.get(0).getWeight() == 7
                    && "2".equals(found.get(0).getMetadata().get("version"));
            return right ? null : "still " + found;
        });
    }

    private static void disabledInstance(Trial t) throws Exception {
        NamingService consumer = t.naming();
        Instance off = instance(9002);
        off.setEnabled(false);
        t.naming().registerInstance(t.unique, instance(9001));
        t.naming().registerInstance(t.unique, off);
        t.eventually(SOON, () -> {
            List<Integer> got = ports(consumer.selectInstances(t.unique, true, false));
            return got.equals(List.of(9001)) ? null : "ports " + got;
        });
    }

    private static void clusterFilter(Trial t) throws Exception {
        t.naming().registerInstance(t.unique, "127.0.0.1", 9001, "EAST");
        t.naming().registerInstance(t.unique, "127.0.0.1", 9002, "WEST");
        NamingService consumer = t.naming();
        t.expectPorts(consumer, List.of(9001), "EAST");
        t.expectPorts(consumer, List.of(9002), "WEST");
        t.expectPorts(consumer, List.of(9001, 9002), "EAST", "WEST");
        t.expectPorts(consumer, List.of(9001, 9002));
    }

    private static void groupIsolation(Trial t) throws Exception {
        NamingService consumer = t.naming();
        t.naming().registerInstance(t.unique, instance(9001));
        t.naming().registerInstance(t.unique, "OTHER_GROUP", instance(9002));
        t.expectPorts(consumer, List.of(9001));
        List<Integer> other = ports(consumer.getAllInstances(t.unique, "OTHER_GROUP", false));
        Failure.unless(other.equals(List.of(9002)), "the other group has ports " + other);
    }

    private static void namespaceIsolation(Trial t) throws Exception {
        String space = "space-" + t.unique;
        t.naming().registerInstance(t.unique, instance(9001));
        t.naming(Trial.space(space)).registerInstance(t.unique, instance(9002));
        t.expectPorts(t.naming(), List.of(9001));
        t.expectPorts(t.naming(Trial.space(space)), List.of(9002));
    }

    private static void unicodeMetadata(Trial t) throws Exception {
        Instance told = instance(9001);
        told.setMetadata(Map.of("地域", "华东-1 \"ü\" 🌊", "empty", ""));
        t.naming().registerInstance(t.unique, told);
        NamingService consumer = t.naming();
        t.expectPorts(consumer, List.of(9001));
        Map<String, String> got = t.all(consumer).get(0).getMetadata();
        Failure.unless(told.getMetadata().get("地域").equals(got.get("地域")), "metadata came back as " + got);
    }

    private static void weightedChoice(Trial t) throws Exception {
        Instance none = instance(9002);
        none.setWeight(0);
        t.naming().registerInstance(t.unique, instance(9001));
        t.naming().registerInstance(t.unique, none);
        NamingService consumer = t.naming();
        t.expectPorts(consumer, List.of(9001, 9002));
        for (int round = 0; round < 50; round++) {
            int port = consumer.selectOneHealthyInstance(t.unique).getPort();
            Failure.unless(port == 9001, "chose " + port + ", which has no weight");
        }
    }

    private static void batchRegister(Trial t) throws Exception {
        NamingService provider = t.naming();
        Trial.Ports events = t.subscribe(t.naming());
        provider.batchRegisterInstance(t.unique, GROUP, List.of(instance(9001), instance(9002), instance(9003)));
        events.expect(List.of(9001, 9002, 9003), SOON);
        provider.batchRegisterInstance(t.unique, GROUP, List.of(instance(9002), instance(9004)));
        events.expect(List.of(9002, 9004), SOON);
    }

    private static void batchDeregister(Trial t) throws Exception {
        NamingService provider = t.naming();
        Trial.Ports events = t.subscribe(t.naming());
        provider.batchRegisterInstance(t.unique, GROUP, List.of(instance(9001), instance(9002), instance(9003)));
        events.expect(List.of(9001, 9002, 9003), SOON);
        provider.batchDeregisterInstance(t.unique, GROUP, List.of(instance(9001), instance(9003)));
        events.expect(List.of(9002), SOON);
    }

    private static void persistentInstance(Trial t) throws Exception {
        try (ServerSocket probed = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Instance told = instance(probed.getLocalPort());
            told.setEphemeral(false);
            NamingService provider = t.naming();
            provider.registerInstance(t.unique, told);
            t.expectPorts(t.naming(), List.of(told.getPort()));
            provider.shutDown();
            NamingService later = t.naming();
            t.expectPorts(later, List.of(told.getPort()));
            Failure.unless(!t.all(later).get(0).isEphemeral(), "it came back as ephemeral");
            later.deregisterInstance(t.unique, told);
            t.expectPorts(later, List.of());
        }
    }

    private static void serviceList(Trial t) throws Exception {
        NamingService provider = t.naming();
        String group = "LIST-" + t.unique;
        Set<String> wanted = new TreeSet<>();
        for (int number = 0; number < 5; number++) {
            wanted.add(t.unique + "-" + number);
            provider.registerInstance(t.unique + "-" + number, group, instance(9001));
        }
        t.eventually(SOON, () -> {
            Set<String> names = new TreeSet<>();
            for (int page = 1; page <= 3; page++) {
                ListView<String> list = provider.getServicesOfServer(page, 2, group);
                if (list.getCount() != 5) {
                    return "count " + list.getCount();
                }
                names.addAll(list.getData());
            }
            return names.equals(wanted) ? null : "names " + names;
        });
    }

    private static void absentService(Trial t) throws Exception {
        List<Instance> found = t.all(t.naming());
        Failure.unless(found.isEmpty(), "found " + found);
    }

    private static void serverStatus(Trial t) throws Exception {
        NamingService naming = t.naming();
        t.eventually(SOON, () -> naming.getServerStatus().equals("UP") ? null : naming.getServerStatus());
        String status = t.config().getServerStatus();
        Failure.unless(status.equals("UP"), "the configuration client says " + status);
    }

    private static void disconnectRemoval(Trial t) throws Exception {
        Trial.Ports events = t.subscribe(t.naming());
        Process process = t.holder(9001);
        events.expect(List.of(9001), SOON);
        process.destroyForcibly();
        events.expect(List.of(), SOON);
    }
}
