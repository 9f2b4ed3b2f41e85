package dev.seawall.compat;

/** A case saw something else than it expected. */
public class Failure extends RuntimeException {

    public Failure(String message) {
        super(message);
    }

    /** Fails unless {@code right}. */
    public static void unless(boolean right, String complaint) {
        if (!right) {
            throw new Failure(complaint);
        }
    }

    /** A case cannot be tried here. */
    public static class Skipped extends Failure {
        public Skipped(String message) {
            super(message);
        }
    }
}
