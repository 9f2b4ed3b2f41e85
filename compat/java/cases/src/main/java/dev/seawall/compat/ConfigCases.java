package dev.seawall.compat;

import static dev.seawall.compat.Trial.GROUP;
import static dev.seawall.compat.Trial.SOON;

import com.alibaba.nacos.api.config.ConfigService;
import com.alibaba.nacos.api.exception.NacosException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Configuration. */
final class ConfigCases {

    private ConfigCases() {}

    static List<Case> all() {
        return List.of(
                Case.of("publish_get", 20, ConfigCases::publishGet),
                Case.of("get_absent", 20, ConfigCases::getAbsent),
                Case.of("remove", 20, ConfigCases::remove),
                Case.of("listen_push", 30, ConfigCases::listenPush),
                Case.of("listen_removed", 30, ConfigCases::listenRemoved),
                Case.of("listen_absent_then_published", 20, ConfigCases::listenAbsent),
                Case.of("listen_many", 40, ConfigCases::listenMany),
                Case.of("get_and_listen", 20, ConfigCases::getAndListen),
                Case.of("cancel_listen", 20, ConfigCases::cancelListen),
                Case.of("cas_publish", 20, ConfigCases::casPublish),
                Case.of("unicode_content", 20, ConfigCases::unicodeContent),
                Case.of("large_content", 30, ConfigCases::largeContent),
                Case.of("config_group_isolation", 20, ConfigCases::groupIsolation),
                Case.of("config_namespace_isolation", 20, ConfigCases::namespaceIsolation));
    }

    static String md5(String content) throws Exception {
        byte[] digest = MessageDigest.getInstance("MD5").digest(content.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest);
    }

    private static void publishGet(Trial t) throws Exception {
        ConfigService writer = t.config();
        ConfigService reader = t.config();
        Failure.unless(writer.publishConfig(t.unique, GROUP, "a: 1", "yaml"), "publishing was answered false");
        t.expectContent(reader, t.unique, "a: 1");
        t.publish(writer, t.unique, "a: 2");
        t.expectContent(reader, t.unique, "a: 2");
    }

    private static void getAbsent(Trial t) throws Exception {
        String content = t.get(t.config(), t.unique);
        Failure.unless(content == null, "read " + content);
    }

    private static void remove(Trial t) throws Exception {
        ConfigService client = t.config();
        t.publish(client, t.unique, "soon gone");
        t.expectContent(client, t.unique, "soon gone");
        Failure.unless(client.removeConfig(t.unique, GROUP), "removing was answered false");
        t.expectContent(t.config(), t.unique, null);
    }

    private static void listenPush(Trial t) throws Exception {
        ConfigService writer = t.config();
        t.publish(writer, t.unique, "one");
        Trial.Contents heard = t.listen(t.config(), t.unique);
        heard.inbox.expect("one", SOON);
        t.publish(writer, t.unique, "two");
        heard.inbox.expect("two", SOON);
        t.publish(writer, t.unique, "three");
        heard.inbox.expect("three", SOON);
    }

    private static void listenRemoved(Trial t) throws Exception {
        ConfigService writer = t.config();
        t.publish(writer, t.unique, "one");
        Trial.Contents heard = t.listen(t.config(), t.unique);
        heard.inbox.expect("one", SOON);
        writer.removeConfig(t.unique, GROUP);
        heard.inbox.expect("", SOON);
        t.publish(writer, t.unique, "two");
        heard.inbox.expect("two", SOON);
    }

    private static void listenAbsent(Trial t) throws Exception {
        Trial.Contents heard = t.listen(t.config(), t.unique);
        t.publish(t.config(), t.unique, "born");
        heard.inbox.expect("born", SOON);
    }

    private static void listenMany(Trial t) throws Exception {
        ConfigService writer = t.config();
        ConfigService reader = t.config();
        List<Trial.Contents> listeners = new ArrayList<>();
        for (int number = 0; number < 50; number++) {
            t.publish(writer, t.unique + "-" + number, "before");
            listeners.add(t.listen(reader, t.unique + "-" + number));
        }
        for (Trial.Contents heard : listeners) {
            heard.inbox.expect("before", SOON);
        }
        t.publish(writer, t.unique + "-17", "after");
        listeners.get(17).inbox.expect("after", SOON);
        for (Trial.Contents heard : listeners) {
            String told = heard.inbox.unexpected();
            Failure.unless(told == null, "another listener was told " + told);
        }
    }

    private static void getAndListen(Trial t) throws Exception {
        ConfigService writer = t.config();
        t.publish(writer, t.unique, "one");
        Trial.Contents heard = new Trial.Contents();
        String first = t.config().getConfigAndSignListener(t.unique, GROUP, 3000, heard);
        Failure.unless("one".equals(first), "read " + first);
        t.publish(writer, t.unique, "two");
        heard.inbox.expect("two", SOON);
    }

    private static void cancelListen(Trial t) throws Exception {
        ConfigService writer = t.config();
        ConfigService leaving = t.config();
        t.publish(writer, t.unique, "one");
        Trial.Contents left = t.listen(leaving, t.unique);
        Trial.Contents stayed = t.listen(t.config(), t.unique);
        left.inbox.expect("one", SOON);
        stayed.inbox.expect("one", SOON);
        leaving.removeListener(t.unique, GROUP, left);
        t.publish(writer, t.unique, "two");
        stayed.inbox.expect("two", SOON);
        String told = left.inbox.unexpected();
        Failure.unless(told == null, "told " + told + " after cancelling");
    }

    private static void casPublish(Trial t) throws Exception {
        ConfigService client = t.config();
        t.publish(client, t.unique, "one");
        boolean accepted;
        try {
            accepted = client.publishConfigCas(t.unique, GROUP, "stolen", md5("something else"));
        } catch (NacosException refused) {
            accepted = false;
        }
        Failure.unless(!accepted, "a publish with the wrong md5 was accepted");
        t.expectContent(t.config(), t.unique, "one");
        Failure.unless(
                client.publishConfigCas(t.unique, GROUP, "two", md5("one")),
                "a publish with the right md5 was refused");
        t.expectContent(t.config(), t.unique, "two");
    }

    private static void unicodeContent(Trial t) throws Exception {
        String content = "名称: 海堤 🌊\n\ttab & <xml/> %41 + \"quoted\" \\ back\r\nümlaut\u0001\u0002";
        t.publish(t.config(), t.unique, content);
        t.expectContent(t.config(), t.unique, content);
    }

    private static void largeContent(Trial t) throws Exception {
        String content = "0123456789abcdef".repeat(32 * 1024);
        Trial.Contents heard = t.listen(t.config(), t.unique);
        t.publish(t.config(), t.unique, content);
        t.expectContent(t.config(), t.unique, content);
        heard.inbox.expect(content, SOON);
    }

    private static void groupIsolation(Trial t) throws Exception {
        ConfigService client = t.config();
        t.publish(client, t.unique, "default group");
        client.publishConfig(t.unique, "OTHER_GROUP", "other group");
        t.expectContent(client, t.unique, "default group");
        String other = client.getConfig(t.unique, "OTHER_GROUP", 3000);
        Failure.unless("other group".equals(other), "the other group holds " + other);
    }

    private static void namespaceIsolation(Trial t) throws Exception {
        String space = "space-" + t.unique;
        Trial.Contents heard = t.listen(t.config(Trial.space(space)), t.unique);
        t.publish(t.config(), t.unique, "outside");
        t.publish(t.config(Trial.space(space)), t.unique, "inside");
        heard.inbox.expect("inside", SOON);
        t.expectContent(t.config(), t.unique, "outside");
        t.expectContent(t.config(Trial.space(space)), t.unique, "inside");
    }
}
