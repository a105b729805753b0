/// The release of this site.
public enum SiteVersion {
    public static let text = "0.1.0"
}
