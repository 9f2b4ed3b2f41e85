package dev.seawall.compat;

import java.time.Duration;

/** One behaviour that has to hold, within a limit. */
public record Case(String name, Duration limit, Body body) {

    /** What a case does; it fails by throwing. */
    @FunctionalInterface
    public interface Body {
        void run(Trial trial) throws Exception;
    }

    public static Case of(String name, int seconds, Body body) {
        return new Case(name, Duration.ofSeconds(seconds), body);
    }
}
