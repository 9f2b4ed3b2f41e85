package dev.seawall.compat;

import static dev.seawall.compat.Trial.GROUP;
import static dev.seawall.compat.Trial.SOON;
import static dev.seawall.compat.Trial.instance;

import com.alibaba.nacos.api.config.ConfigQueryResult;
import com.alibaba.nacos.api.config.ConfigService;
import com.alibaba.nacos.api.config.listener.ConfigFuzzyWatchChangeEvent;
import com.alibaba.nacos.api.naming.NamingService;
import com.alibaba.nacos.api.naming.listener.FuzzyWatchChangeEvent;
import java.util.List;

/** What only the 3.x client can do. */
final class Generation {

    private Generation() {}

    static List<Case> cases() {
        return SharedCases.with(List.of(
                Case.of("config_result", 20, Generation::configResult),
                Case.of("config_fuzzy_watch", 30, Generation::configFuzzyWatch),
                Case.of("naming_fuzzy_watch", 30, Generation::namingFuzzyWatch)));
    }

    private static void configResult(Trial t) throws Exception {
        t.config().publishConfig(t.unique, GROUP, "a: 1", "yaml");
        ConfigService reader = t.config();
        t.expectContent(reader, t.unique, "a: 1");
        ConfigQueryResult result = reader.getConfigWithResult(t.unique, GROUP, 3000);
        boolean right = "a: 1".equals(result.getContent())
                && ConfigCases.md5("a: 1").equals(result.getMd5())
                && "yaml".equals(result.getConfigType());
        Failure.unless(right, "read " + result);
    }

    private static class Configs extends com.alibaba.nacos.api.config.listener.AbstractFuzzyWatchEventWatcher {
        final Inbox<String> inbox = new Inbox<>();

        @Override
        public void onEvent(ConfigFuzzyWatchChangeEvent event) {
            inbox.put(event.getChangedType() + " " + event.getDataId());
        }
    }

    private static void configFuzzyWatch(Trial t) throws Exception {
        ConfigService writer = t.config();
        t.publish(writer, t.unique + "-old", "here before");
        Configs watched = new Configs();
        t.config().fuzzyWatch(t.unique + "*", GROUP, watched);
        watched.inbox.expect("ADD_CONFIG " + t.unique + "-old", SOON);
        t.publish(writer, t.unique + "-new", "here later");
        watched.inbox.expect("ADD_CONFIG " + t.unique + "-new", SOON);
        writer.removeConfig(t.unique + "-old", GROUP);
        watched.inbox.expect("DELETE_CONFIG " + t.unique + "-old", SOON);
    }

    private static class Services extends com.alibaba.nacos.api.naming.listener.AbstractFuzzyWatchEventWatcher {
        final Inbox<String> inbox = new Inbox<>();

        @Override
        public void onEvent(FuzzyWatchChangeEvent event) {
            inbox.put(event.getChangeType() + " " + event.getServiceName());
        }
    }

    private static void namingFuzzyWatch(Trial t) throws Exception {
        NamingService provider = t.naming();
        provider.registerInstance(t.unique + "-old", instance(9001));
        Services watched = new Services();
        t.naming().fuzzyWatch(t.unique + "*", GROUP, watched);
        watched.inbox.expect("ADD_SERVICE " + t.unique + "-old", SOON);
        provider.registerInstance(t.unique + "-new", instance(9002));
        watched.inbox.expect("ADD_SERVICE " + t.unique + "-new", SOON);
    }
}
