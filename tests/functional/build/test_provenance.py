"""What is told of an image: its parts, how it was made, who signed it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    SECP384R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cyclonedx.schema import SchemaVersion
from tests.functional.build.base_layouts import FILES, small_base
from tests.functional.build.faulty_registry import FaultyRegistry
from tests.functional.build.test_base_images import based, found, registry  # noqa: F401  a fixture

from mlfn.errors import BuildError
from mlfn_engine.builders.oci import OciBuilder, build
from mlfn_engine.cache import FileDigests
from mlfn_engine.dependencies.requirements import lock
from mlfn_engine.images.plan_digest import identified
from mlfn_engine.images.values import FilesLayer, ImageArtifact, ImagePlan, PlannedFile, RequirementsLayer
from mlfn_engine.provenance.contents import Ecosystem, Package, check_locked
from mlfn_engine.provenance.sbom import bill_of_materials
from mlfn_engine.provenance.signature_files import attach, read_signature, write_signature
from mlfn_engine.provenance.signing import PrivateKeyFile, PublicKeyFile, Signature, is_signed, sign
from mlfn_engine.provenance.statement import provenance
from mlfn_engine.provenance.vouched import VouchedBuilder, vouched
from mlfn_engine.registry import Registry, push
from mlfn_engine.reporting import SilentReporter

STATUS = b"Package: libc6\nVersion: 2.36-9\n\nPackage: netbase\nVersion: 6.4\n"
DIGEST = f"sha256:{'ab' * 32}"
Built = tuple[ImagePlan, ImageArtifact, Path]
Keys = tuple[PrivateKeyFile, PublicKeyFile]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """An image with a requirement and weights, on a base with two packages."""
    home = tmp_path_factory.mktemp("provenance")
    cache = home / "cache"
    base = found(f"oci:{small_base(home / 'base', {**FILES, 'var/lib/dpkg/status': STATUS})}", home)
    draft = based(base)
    layers = (
        RequirementsLayer(name="requirements", lock=lock(("six",), draft.platform, home), prefix="opt/python"),
        FilesLayer(name="assets", files=(PlannedFile(path="var/task/weights.bin", source=b"weights"),)),
        *draft.layers,
    )
    plan = identified(replace(draft, layers=layers, labels=(("dev.mlfn.app", "reviews"),)), FileDigests(cache))
    return plan, build(plan, cache, SilentReporter()), cache


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    """A private and a public key."""
    return key_pair(tmp_path, "ci")


def key_pair(directory: Path, name: str) -> Keys:
    """Two PEM files."""
    key = Ed25519PrivateKey.generate()
    private, public = directory / f"{name}.pem", directory / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return PrivateKeyFile(private), PublicKeyFile(public)


def test_the_bill_names_packages_weights_and_the_base_with_what_is_in_it(built: Built) -> None:
    document = json.loads(bill_of_materials(*built))

    components = {each["bom-ref"].partition("#")[0]: each for each in document["components"]}
    assert {"pkg:deb/debian/libc6@2.36-9", "pkg:deb/debian/netbase@6.4", "base", "file:var/task/weights.bin"} <= set(
        components
    )
    assert [name for name in components if name.startswith("pkg:pypi/six@")]
    assert document["metadata"]["component"]["hashes"][0]["content"] == built[1].digest.removeprefix("sha256:")
    (six,) = [each for each in document["components"] if each["name"] == "six"]
    assert six["licenses"] == [{"license": {"name": "MIT License"}}]


def test_the_bill_names_weights_that_stay_in_s3(built: Built) -> None:
    plan, image, cache = built
    asset = {"name": "w.bin", "bucket": "acme", "key": "llm/w.bin", "sha256": "ab" * 32, "version": "v1"}
    manifest = PlannedFile(path="var/task/mlfn-manifest.json", source=json.dumps({"assets": [asset]}).encode())
    remote = replace(plan, layers=(*plan.layers, FilesLayer(name="code", files=(manifest,))))

    found = json.loads(bill_of_materials(remote, image, cache))["components"]

    (weights,) = [each for each in found if each["name"] == "s3://acme/llm/w.bin"]
    assert weights["type"] == "machine-learning-model"
    assert weights["version"] == "v1"
    assert weights["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]


def test_the_bill_is_the_same_text_every_time_and_fits_the_schema(built: Built) -> None:
    pytest.importorskip("jsonschema")
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415  needs jsonschema

    text = bill_of_materials(*built)

    assert bill_of_materials(*built) == text
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_a_package_that_the_lock_does_not_name_is_told() -> None:
    packages = (Package(ecosystem=Ecosystem.PYPI, name="evil", version="1.0"),)

    with pytest.raises(BuildError, match=r"holds packages that its lock does not name: evil 1\.0"):
        check_locked(packages, "six==1.17.0 \\\n    --hash=sha256:00\n", "sentiment")


def test_the_statement_names_the_image_its_sources_and_the_commit(built: Built, tmp_path: Path) -> None:
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "begin"], check=True)
    (tmp_path / "app.py").write_text("changed = True\n")

    statement = json.loads(provenance(built[0], built[1], tmp_path, built[2]))

    assert statement["subject"][0]["digest"]["sha256"] == built[1].digest.removeprefix("sha256:")
    definition = statement["predicate"]["buildDefinition"]
    assert len(definition["externalParameters"]["source"]["gitCommit"]) == 40
    assert definition["externalParameters"]["source"]["changed"]
    names = {each.get("name") or each["uri"].partition("@")[0] for each in definition["resolvedDependencies"]}
    assert {"var/task/weights.bin", "var/task/mood.py", "requirements", "pkg:pypi/six"} <= names


def test_a_signature_holds_for_its_image_and_its_key_alone(tmp_path: Path, keys: Keys) -> None:
    private, public = keys
    _, stranger = key_pair(tmp_path, "stranger")

    signature = sign(DIGEST, private)

    assert is_signed(DIGEST, signature, [stranger, public])
    assert not is_signed(DIGEST, signature, [stranger])
    assert not is_signed(f"sha256:{'cd' * 32}", signature, [public])
    assert not is_signed(DIGEST, Signature(payload=b"{}", signature=signature.signature), [public])


def test_openssl_agrees_with_a_signature(tmp_path: Path, keys: Keys) -> None:
    private, public = keys
    signature = sign(DIGEST, private)
    (tmp_path / "raw.sig").write_bytes(signature.signature)
    payload, _ = write_signature(tmp_path, DIGEST, signature)

    command: list[str | Path] = ["-verify", "-pubin", "-inkey", public.path, "-rawin", "-in", payload]
    subprocess.run(["openssl", "pkeyutl", *command, "-sigfile", tmp_path / "raw.sig"], check=True, capture_output=True)

    assert read_signature(tmp_path, DIGEST) == signature


def test_what_is_no_ed25519_key_is_a_sentence(tmp_path: Path) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"-----BEGIN PRIVATE KEY-----\n", other):
        (tmp_path / "key.pem").write_bytes(content)
        with pytest.raises(BuildError, match="holds no private Ed25519 key"):
            sign(DIGEST, PrivateKeyFile(tmp_path / "key.pem"))


@pytest.mark.parametrize("signer", ["nobody", "a stranger", "another image's", "forged"])
def test_a_deploy_refuses_an_image_that_nobody_trusted_has_signed(
    built: Built, tmp_path: Path, keys: Keys, signer: str
) -> None:
    plan, image, cache = built
    private, public = keys
    if signer == "a stranger":
        write_signature(tmp_path, image.digest, sign(image.digest, key_pair(tmp_path, "stranger")[0]))
    elif signer == "another image's":
        write_signature(tmp_path, image.digest, sign(DIGEST, private))
    elif signer == "forged":
        good = sign(image.digest, private)
        write_signature(tmp_path, image.digest, replace(good, signature=good.signature[::-1]))

    with pytest.raises(BuildError, match=r"is not signed|is signed by nobody that trusted-keys names"):
        VouchedBuilder(OciBuilder(cache), (public,), tmp_path).build(plan, SilentReporter())


def test_a_signed_image_is_let_out(built: Built, tmp_path: Path, keys: Keys) -> None:
    plan, image, cache = built
    write_signature(tmp_path, image.digest, sign(image.digest, keys[0]))

    assert VouchedBuilder(OciBuilder(cache), (keys[1],), tmp_path).build(plan, SilentReporter()) == image


def test_signatures_are_asked_for_where_a_project_names_keys(tmp_path: Path) -> None:
    builder = OciBuilder(tmp_path)

    assert vouched(builder, tmp_path, no_kms) is builder
    (tmp_path / "pyproject.toml").write_text('[tool.mlfn]\ntrusted-keys = ["keys/ci.pub"]\n')

    keys = (PublicKeyFile(tmp_path / "keys/ci.pub"),)
    assert vouched(builder, tmp_path, no_kms) == VouchedBuilder(builder, keys, tmp_path / "attestations")


def no_kms(name: str) -> PublicKeyFile:
    """No project here has a key in KMS."""
    raise AssertionError(name)


def test_a_signature_by_an_ecdsa_key_holds_as_cosign_makes_it(tmp_path: Path) -> None:
    key, stranger = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    for name, each in (("ci", key), ("stranger", stranger)):
        public = each.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / f"{name}.pub").write_bytes(public)

    signature = sign(DIGEST, Ecdsa(key))

    assert is_signed(DIGEST, signature, [PublicKeyFile(tmp_path / "ci.pub")])
    assert not is_signed(DIGEST, signature, [PublicKeyFile(tmp_path / "stranger.pub")])
    assert not is_signed(f"sha256:{'cd' * 32}", signature, [PublicKeyFile(tmp_path / "ci.pub")])


@dataclass(frozen=True, slots=True)
class Ecdsa:
    """An ECDSA key."""

    key: EllipticCurvePrivateKey

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        return self.key.sign(message, ECDSA(SHA256()))


def test_a_public_key_of_another_curve_is_a_sentence(tmp_path: Path) -> None:
    public = generate_private_key(SECP384R1()).public_key()
    (tmp_path / "ci.pub").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    with pytest.raises(BuildError, match="holds no public Ed25519 or ECDSA P-256 key"):
        PublicKeyFile(tmp_path / "ci.pub").public_key()


def test_a_signature_is_pushed_where_cosign_looks_for_it(
    built: Built,
    keys: Keys,
    registry: FaultyRegistry,  # noqa: F811
) -> None:
    _, image, _ = built
    signature = sign(image.digest, keys[0])
    attach(image.location, signature)

    target = Registry(endpoint=registry.endpoint)
    for _ in range(2):
        push(image, target, repository="mlfn", tag="v1", reporter=SilentReporter())

    manifest: dict[str, Any] = json.loads(registry.tags[f"{image.digest.replace(':', '-')}.sig"])
    (layer,) = manifest["layers"]
    assert layer["annotations"] == {"dev.cosignproject.cosign/signature": signature.text}
    assert registry.blobs[layer["digest"]] == signature.payload
