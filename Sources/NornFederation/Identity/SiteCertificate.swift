import Crypto
import Foundation
import SwiftASN1
import X509

/// A site's key with a certificate that it signed for itself. Peers pin the key, so a renewed certificate of the same
/// key needs nothing of them.
public struct SiteCertificate: Sendable {
    /// The life of a new certificate. Renewal keeps the key.
    public static let validDays = 397
    /// From here on a warning asks for renewal.
    public static let warningDays = 30
    /// Clocks of sites differ: a new certificate counts from a little before now.
    static let backdatedSeconds: TimeInterval = 3600

    public let siteName: String
    public let certificatePEM: String
    public let privateKeyPEM: String
    public let pin: KeyPin
    public let notValidBefore: Date
    public let notValidAfter: Date

    /// Makes a new P-256 key and its certificate.
    /// - Parameter hosts: names and addresses by which peers reach this site; they go into the certificate for people.
    public static func make(siteName: String, hosts: [String] = [], now: Date = Date()) throws -> SiteCertificate {
        try make(siteName: siteName, hosts: hosts, key: P256.Signing.PrivateKey(), now: now)
    }

    /// A new certificate of the same key.
    public func renewed(hosts: [String] = [], now: Date = Date()) throws -> SiteCertificate {
        try Self.make(
            siteName: siteName, hosts: hosts, key: P256.Signing.PrivateKey(pemRepresentation: privateKeyPEM), now: now)
    }

    /// Reads both from PEM and checks that they belong together.
    public init(certificatePEM: String, privateKeyPEM: String) throws {
        do {
            let certificate = try Certificate(pemEncoded: certificatePEM)
            let key = try P256.Signing.PrivateKey(pemRepresentation: privateKeyPEM)
            guard Certificate.PublicKey(key.publicKey) == certificate.publicKey else {
                throw FederationError(.configuration, "the certificate is not of this private key")
            }
            self.certificatePEM = certificatePEM
            self.privateKeyPEM = privateKeyPEM
            pin = KeyPin(publicKeyInfo: key.publicKey.derRepresentation)
            notValidBefore = certificate.notValidBefore
            notValidAfter = certificate.notValidAfter
            siteName = Self.commonName(of: certificate)
        } catch let error as FederationError {
            throw error
        } catch {
            throw FederationError(
                .configuration, "the site's key or certificate cannot be read: run `norn site init` to make new ones")
        }
    }

    /// Whole days until the certificate ends; negative after it.
    public func daysLeft(now: Date = Date()) -> Int {
        Int((notValidAfter.timeIntervalSince(now) / 86400).rounded(.down))
    }

    private static func make(
        siteName: String, hosts: [String], key: P256.Signing.PrivateKey, now: Date
    ) throws -> SiteCertificate {
        let name = try DistinguishedName { CommonName(siteName) }
        let names = SubjectAlternativeNames(hosts.map(generalName))
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: now.addingTimeInterval(-backdatedSeconds),
            notValidAfter: now.addingTimeInterval(Double(validDays) * 86400), issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth, .clientAuth])
                if !hosts.isEmpty { names }
            },
            issuerPrivateKey: Certificate.PrivateKey(key))
        return try SiteCertificate(
            certificatePEM: certificate.serializeAsPEM().pemString, privateKeyPEM: key.pemRepresentation)
    }

    private static func generalName(_ host: String) -> GeneralName {
        guard let address = IPAddress(host) else { return .dnsName(host) }
        return .ipAddress(ASN1OctetString(contentBytes: address.bytes[...]))
    }

    private static func commonName(of certificate: Certificate) -> String {
        for relative in certificate.subject {
            for attribute in relative where attribute.type == .RDNAttributeType.commonName {
                if let text = String(attribute.value) { return text }
            }
        }
        return ""
    }
}
