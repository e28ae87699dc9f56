package org.firethorn;

/** What the service says of itself; its image gives both in the environment. */
public final class Service {
    private Service() {
    }

    /** The title of the service. */
    public static String title() {
        return environment("FIRETHORN_TITLE", "Firethorn");
    }

    /** The version of the image that the service runs in. */
    public static String version() {
        return environment("FIRETHORN_VERSION", "unknown");
    }

    private static String environment(String name, String otherwise) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? otherwise : value;
    }
}
