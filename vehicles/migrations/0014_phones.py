from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("vehicles", "0013_rejections")]
    operations = [
        migrations.AlterField(
            model_name="device",
            name="address",
            field=models.CharField(
                help_text="the device's key: EIP-55 address (secp256k1) or did:key (P-256)", max_length=57, unique=True
            ),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.CheckConstraint(
                condition=models.Q(("address__regex", "^(0x[0-9a-fA-F]{40}|did:key:zDn[1-9A-HJ-NP-Za-km-z]{46})$")),
                name="a_device_is_named_by_its_key",
            ),
        ),
    ]
