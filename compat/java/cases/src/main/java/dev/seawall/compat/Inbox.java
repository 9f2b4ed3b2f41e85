package dev.seawall.compat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** The events of one listener, in order. */
public class Inbox<E> {

    private final BlockingQueue<E> events = new LinkedBlockingQueue<>();

    public void put(E event) {
        events.add(event);
    }

    /** An event that came without being expected, or null. */
    public E unexpected() {
        return events.poll();
    }

    public void expect(E want, Duration within) throws InterruptedException {
        expect(want::equals, shown(want), within);
    }

    /** Takes events until one fits. */
    public void expect(Predicate<E> fits, String what, Duration within) throws InterruptedException {
        long deadline = System.nanoTime() + within.toNanos();
        List<E> seen = new ArrayList<>();
        while (true) {
            E event = events.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (event == null) {
                throw new Failure("no event " + what + " within " + within + ", only " + shown(seen));
            }
            if (fits.test(event)) {
                return;
            }
            seen.add(event);
        }
    }

    static String shown(Object value) {
        String text = String.valueOf(value);
        return text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }
}
